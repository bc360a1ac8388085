import Syntax

/// The names of a record's fields, in order. Records made by one literal share it.
public final class RecordShape: Sendable {
  public let names: [String]
  private let positions: [String: Int]

  /// - Parameter names: all different.
  init(_ names: [String]) {
    self.names = names
    positions =
      names.count > 8 ? Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first }) : [:]
  }

  func position(of name: String) -> Int? { positions.isEmpty ? names.firstIndex(of: name) : positions[name] }
}

/// An immutable record: fields in the order they were written.
public final class RecordObject: Container {
  public let shape: RecordShape
  @exclusivity(unchecked) public private(set) var values: [Value]

  /// Later fields replace earlier ones of the same name, in the earlier one's place.
  public convenience init(_ fields: [(String, Value)]) {
    var names: [String] = []
    var values: [Value] = []
    var positions: [String: Int] = [:]
    for (name, value) in fields {
      if let position = positions[name] {
        values[position] = value
      } else {
        positions[name] = names.count
        names.append(name)
        values.append(value)
      }
    }
    self.init(RecordShape(names), values)
  }

  /// - Parameter values: one for each name of the shape.
  init(_ shape: RecordShape, _ values: [Value]) {
    self.shape = shape
    self.values = values
    super.init(kind: .record)
  }

  deinit { dismantle() }

  override func surrender(into pending: inout [Container]) { values.surrender(into: &pending) }

  public var names: [String] { shape.names }

  public subscript(_ name: String) -> Value? { shape.position(of: name).map { values[$0] } }

  public var fields: [(String, Value)] { Array(zip(names, values)) }

  /// This record with another's fields: replaced where both have them, added where not.
  public func merging(_ other: RecordObject) -> RecordObject { RecordObject(fields + other.fields) }

  public override var typeName: String { "record" }

  public override func member(_ name: String, in session: Session) throws -> Value? { self[name] }

  public override var memberNames: [String] { names }

  public override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, let name = arguments[0].value.stringValue else {
      throw ScriptError(.badIndex, "a record is indexed with one field's name, `r[\"name\"]`")
    }
    guard let value = self[name] else { throw ScriptError.unknownField(name, of: self) }
    return value
  }

  /// `r with (lr: 1e-4)`.
  public override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard op == .with, !swapped, let other = other.object as? RecordObject else { return nil }
    return .object(merging(other))
  }

  override func pairs(with other: Container) -> [(Value, Value)]? {
    guard let other = other as? RecordObject, values.count == other.values.count else { return nil }
    var pairs: [(Value, Value)] = []
    for (name, value) in zip(names, values) {
      guard let counterpart = other[name] else { return nil }
      pairs.append((value, counterpart))
    }
    return pairs
  }

  public override func rendered(_ style: RenderingStyle) -> String { Renderer(style).record(self) }
}
