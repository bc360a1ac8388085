/// What an expression evaluates to. Small values are stored in place, everything else is an `Object`.
public enum Value {
  case null
  case bool(Bool)
  case int(Int)
  case float(Double)
  case object(Object)
}

extension Value {
  public static func string(_ text: String) -> Value { .object(StringObject(text)) }
  public static func list(_ elements: [Value]) -> Value { .object(ListObject(elements)) }
  /// Later fields replace earlier ones of the same name.
  public static func record(_ fields: [(String, Value)]) -> Value { .object(RecordObject(fields)) }

  /// What `type(value)` says: `nil`, `bool`, `int`, `float`, `string`, `list`, … or a host's own name.
  public var typeName: String {
    switch self {
    case .null: "nil"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .object(let object): object.typeName
    }
  }

  /// The type with its article, as messages say it: "a list", "an int", "nil".
  public var typePhrase: String {
    let name = typeName
    if case .null = self { return name }
    return Words.withArticle(name)
  }

  public var object: Object? {
    if case .object(let object) = self { object } else { nil }
  }

  public var stringValue: String? { (object as? StringObject)?.text }
  public var listElements: [Value]? { (object as? ListObject)?.elements }

  /// The number as a float, if it is one.
  public var doubleValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  public var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// Whether the value can be called with arguments.
  public var isCallable: Bool {
    if case .object(let object) = self { object.isCallable } else { false }
  }
}
