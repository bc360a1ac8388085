/// A value inside a template, with the meaning that Python gives it.
///
/// Lists and dictionaries are values: chat templates are rendered in a sandbox in which none can be changed.
public enum JinjaValue {
  /// What a missing name, attribute or item gives. The text says which.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(MarkedText)
  case list(JinjaList)
  case tuple(JinjaList)
  case dictionary(JinjaDictionary)
  /// A sequence that can be gone through once, such as what `select` gives.
  case iterator(JinjaIterator)
  case namespace(JinjaNamespace)
  case function(JinjaFunction)
  case loop(JinjaLoop)

  /// A list; its elements' nesting is the caller's to bound.
  public static func list(_ elements: [JinjaValue]) -> JinjaValue { .list(JinjaList(elements)) }

  static func text(_ string: String) -> JinjaValue { .text(MarkedText(string)) }

  public init(_ json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .float(value)
    case .string(let value): self = .text(MarkedText(value))
    case .array(let elements): self = .list(elements.map { JinjaValue($0) })
    case .object(let object):
      self = .dictionary(JinjaDictionary(object.entries.map { (.text(MarkedText($0.0)), JinjaValue($0.1)) }))
    }
  }
}

/// The elements of a list, and how deep lists stand in each other: what goes through them can recurse safely.
public struct JinjaList {
  let elements: [JinjaValue]
  let depth: Int

  init(_ elements: [JinjaValue]) {
    self.elements = elements
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }
}

/// The attributes that `namespace(…)` makes: the one thing a template can change.
public final class JinjaNamespace {
  var attributes: JinjaDictionary
  init(_ attributes: JinjaDictionary) { self.attributes = attributes }
}

public final class JinjaIterator {
  let elements: [JinjaValue]
  let depth: Int
  private var next = 0

  init(_ elements: [JinjaValue]) {
    self.elements = elements
    depth = JinjaList(elements).depth
  }

  func rest() -> ArraySlice<JinjaValue> {
    defer { next = elements.count }
    return elements[next...]
  }

  func step() -> JinjaValue? {
    guard next < elements.count else { return nil }
    defer { next += 1 }
    return elements[next]
  }
}

/// What can be called.
public enum JinjaFunction {
  case global(String)
  indirect case method(JinjaValue, String)
  case macro(JinjaMacro)
}

extension JinjaValue {
  /// How deep lists and dictionaries stand in each other here. The loop may not be put into one.
  var depth: Int {
    switch self {
    case .list(let list), .tuple(let list): list.depth
    case .dictionary(let dictionary): dictionary.depth
    case .iterator(let iterator): iterator.depth
    // What goes through values does not go into these.
    case .namespace, .function: 1
    case .loop: Self.maximumDepth + 1
    default: 0
    }
  }

  /// Containers in each other.
  static let maximumDepth = 200

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// What Python takes for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list), .tuple(let list): !list.elements.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .loop(let loop): !loop.elements.isEmpty
    case .iterator, .namespace, .function: true
    }
  }

  /// The kind, for errors.
  var kind: String {
    switch self {
    case .undefined: "an undefined value"
    case .none: "none"
    case .bool: "true or false"
    case .integer: "an integer"
    case .float: "a number"
    case .text: "a string"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a dictionary"
    case .iterator: "a generator"
    case .namespace: "a namespace"
    case .function: "a function"
    case .loop: "the loop"
    }
  }

  /// As an integer; true and false count as 1 and 0.
  var integer: Int? {
    switch self {
    case .integer(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  var number: Double? {
    if case .float(let value) = self { return value }
    return integer.map { Double($0) }
  }
}
