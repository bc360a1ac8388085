/// A Python dictionary: keys of any kind that hashes, in the order they were put in.
public struct JinjaDictionary {
  private(set) var keys: [JinjaValue] = []
  private(set) var values: [JinjaValue] = []
  private var positions: [Key: Int] = [:]
  private(set) var depth = 1

  /// Numbers of one value are one key, whatever their kind.
  enum Key: Hashable {
    case none
    case integer(Int)
    case float(Double)
    case text([Unicode.Scalar])
    case tuple([Key])
  }

  init() {}

  /// - Parameter entries: keys must be strings or other values that hash; others are left out.
  public init(_ entries: [(JinjaValue, JinjaValue)]) {
    for (key, value) in entries {
      if let hashed = key.key { set(key, hashed, value) }
    }
  }

  var count: Int { keys.count }

  func value(_ key: Key) -> JinjaValue? { positions[key].map { values[$0] } }

  func value(_ name: String) -> JinjaValue? { value(.text(Array(name.unicodeScalars))) }

  mutating func set(_ key: JinjaValue, _ hashed: Key, _ value: JinjaValue) {
    depth = max(depth, 1 + max(value.depth, key.depth))
    if let position = positions[hashed] {
      values[position] = value
    } else {
      positions[hashed] = keys.count
      keys.append(key)
      values.append(value)
    }
  }

  mutating func set(_ name: String, _ value: JinjaValue) {
    let text = MarkedText(name)
    set(.text(text), .text(text.scalars), value)
  }

  var entries: [JinjaValue] { zip(keys, values).map { .tuple(JinjaList([$0, $1])) } }
}

extension JinjaValue {
  /// What the value is as a dictionary's key; nil for what cannot be one.
  var key: JinjaDictionary.Key? {
    switch self {
    case .none: return JinjaDictionary.Key.none
    case .bool(let value): return .integer(value ? 1 : 0)
    case .integer(let value): return .integer(value)
    case .float(let value): return Int(exactly: value).map { .integer($0) } ?? .float(value)
    case .text(let text): return .text(text.scalars)
    // Deeper ones could take for ever to hash.
    case .tuple(let list) where list.depth == 1:
      let keys = list.elements.compactMap(\.key)
      return keys.count == list.elements.count ? .tuple(keys) : nil
    default: return nil
    }
  }
}
