/// A JSON value. Objects keep the order of their keys; integers that fit 64 bits are exact.
public enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Everything with a fraction or an exponent, and integers beyond 64 bits.
  case number(Double)
  case string(String)
  case array([JSON])
  case object(Object)

  /// Keys and values in the order of the file. Keys are told apart by their bytes.
  public struct Object: Sendable {
    public private(set) var keys: [String] = []
    public private(set) var values: [JSON] = []
    /// Built once there are too many keys to look through one by one.
    private var positions: [UTF8Key: Int] = [:]
    private static let indexedFrom = 12

    public init() {}

    public init(_ entries: some Sequence<(String, JSON)>) {
      for (key, value) in entries { self[key] = value }
    }

    public var count: Int { keys.count }
    public var entries: Zip2Sequence<[String], [JSON]> { zip(keys, values) }

    /// The value of a key; setting a new key appends it, setting nil does nothing.
    public subscript(key: String) -> JSON? {
      get { position(of: key).map { values[$0] } }
      set {
        guard let newValue else { return }
        if let position = position(of: key) { values[position] = newValue } else { appendUnchecked(key, newValue) }
      }
    }

    /// Appends unless the key is there already; tells whether it did.
    mutating func append(_ key: String, _ value: JSON) -> Bool {
      if keys.count < Self.indexedFrom {
        guard position(of: key) == nil else { return false }
        appendUnchecked(key, value)
        return true
      }
      // One look-up tells whether it is there and puts it there.
      if let before = positions.updateValue(keys.count, forKey: UTF8Key(key)) {
        positions[UTF8Key(key)] = before
        return false
      }
      keys.append(key)
      values.append(value)
      return true
    }

    private mutating func appendUnchecked(_ key: String, _ value: JSON) {
      keys.append(key)
      values.append(value)
      if keys.count == Self.indexedFrom {
        for (position, key) in keys.enumerated() { positions[UTF8Key(key)] = position }
      } else if keys.count > Self.indexedFrom {
        positions[UTF8Key(key)] = keys.count - 1
      }
    }

    private func position(of key: String) -> Int? {
      keys.count < Self.indexedFrom ? keys.firstIndex { $0.hasSameBytes(as: key) } : positions[UTF8Key(key)]
    }
  }
}

extension JSON.Object: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    left.keys.elementsEqual(right.keys) { $0.hasSameBytes(as: $1) } && left.values == right.values
  }
}

extension JSON.Object: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
