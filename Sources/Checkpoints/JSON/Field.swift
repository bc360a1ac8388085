/// One place in a JSON file: the value there, if any, and the way to it.
///
///     let config = try Field(source.bytes(of: "config.json"))
///     let width = try config["text_config"]["hidden_size"].integer(in: 1...)
///
/// Going down never fails; asking for a value does, with an error that names the file and the whole path:
/// `config.json: text_config.hidden_size must be a positive integer, found "x"`.
public struct Field: Sendable {
  public let file: String
  /// `text_config.layers[3]`; empty at the top.
  public let path: String
  /// Nil when the file says nothing here.
  public let value: JSON?
  /// Set when a step on the way here was not what the step needs.
  private let broken: CheckpointError?

  public init(_ root: JSON, file: String) {
    self.init(file: file, path: "", value: root, broken: nil)
  }

  /// The top of a JSON file.
  public init(_ file: FileBytes, limits: JSON.Limits = JSON.Limits()) throws {
    self.init(try JSON.parse(file, limits: limits), file: file.name)
  }

  private init(file: String, path: String, value: JSON?, broken: CheckpointError?) {
    self.file = file
    self.path = path
    self.value = value
    self.broken = broken
  }

  public subscript(key: String) -> Field {
    let below = path.isEmpty ? key : "\(path).\(key)"
    switch value {
    case .object(let object): return Field(file: file, path: below, value: object[key], broken: nil)
    case nil, .null: return Field(file: file, path: below, value: nil, broken: broken)
    default: return Field(file: file, path: below, value: nil, broken: broken ?? mustBe("an object"))
    }
  }

  public subscript(index: Int) -> Field {
    let below = "\(path)[\(index)]"
    switch value {
    case .array(let elements) where elements.indices.contains(index):
      return Field(file: file, path: below, value: elements[index], broken: nil)
    case .array, nil, .null: return Field(file: file, path: below, value: nil, broken: broken)
    default: return Field(file: file, path: below, value: nil, broken: broken ?? mustBe("an array"))
    }
  }

  /// Whether the file says something other than null here.
  public var exists: Bool { value != nil && value != .null }

  /// The error that says what must stand here.
  public func mustBe(_ expected: String) -> CheckpointError {
    let shown = path.isEmpty ? "the file's value" : path
    return broken ?? CheckpointError(file, .json(.field(path: shown, expected: expected, found: value?.summary)))
  }
}

/// Values by kind. With `or`, a missing or null value is that one; a value of another kind is an error all the same.
extension Field {
  public func string(or fallback: String? = nil) throws -> String {
    if case .string(let text) = value { return text }
    return try absent(fallback, "a string")
  }

  public func bool(or fallback: Bool? = nil) throws -> Bool {
    if case .bool(let flag) = value { return flag }
    return try absent(fallback, "true or false")
  }

  /// A finite number, integer or not.
  public func number(or fallback: Double? = nil) throws -> Double {
    switch value {
    case .number(let number): number
    case .integer(let integer): Double(integer)
    default: try absent(fallback, "a number")
    }
  }

  public func integer(in range: some RangeExpression<Int> = Int.min..., or fallback: Int? = nil) throws -> Int {
    if case .integer(let integer) = value, range.contains(integer) { return integer }
    return try absent(fallback, Self.words(for: range))
  }

  public func array(or fallback: [Field]? = nil) throws -> [Field] {
    if case .array(let elements) = value { return elements.indices.map { self[$0] } }
    return try absent(fallback, "an array")
  }

  public func object(or fallback: JSON.Object? = nil) throws -> JSON.Object {
    if case .object(let object) = value { return object }
    return try absent(fallback, "an object")
  }

  public func strings(or fallback: [String]? = nil) throws -> [String] {
    guard case .array = value else { return try absent(fallback, "an array of strings") }
    return try array().map { try $0.string() }
  }

  /// - Parameter count: how many there must be; nil for any number.
  public func numbers(count: Int? = nil, or fallback: [Double]? = nil) throws -> [Double] {
    let expected = count.map { "an array of \($0) numbers" } ?? "an array of numbers"
    guard case .array(let elements) = value, count == nil || elements.count == count else {
      return try absent(fallback, expected)
    }
    return try array().map { try $0.number() }
  }

  public func integers(in range: some RangeExpression<Int> = Int.min..., or fallback: [Int]? = nil) throws -> [Int] {
    guard case .array = value else { return try absent(fallback, "an array of integers") }
    return try array().map { try $0.integer(in: range) }
  }

  private func absent<Value>(_ fallback: Value?, _ expected: String) throws -> Value {
    guard !exists, broken == nil, let fallback else { throw mustBe(expected) }
    return fallback
  }

  private static func words(for range: some RangeExpression<Int>) -> String {
    switch range {
    case let range as PartialRangeFrom<Int> where range.lowerBound == Int.min: "an integer"
    case let range as PartialRangeFrom<Int> where range.lowerBound == 0: "an integer that is not negative"
    case let range as PartialRangeFrom<Int> where range.lowerBound == 1: "a positive integer"
    case let range as PartialRangeFrom<Int>: "an integer of at least \(range.lowerBound)"
    case let range as ClosedRange<Int>: "an integer from \(range.lowerBound) to \(range.upperBound)"
    case let range as Range<Int>: "an integer from \(range.lowerBound) to \(range.upperBound - 1)"
    default: "an integer in \(range)"
    }
  }
}
