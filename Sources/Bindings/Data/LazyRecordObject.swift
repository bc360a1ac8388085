import Interpreter
import Syntax

/// A record some of whose fields are read when they are asked for.
class LazyRecordObject: HostObject {
  let names: [String]
  private var values: [String: Value] = [:]

  init(names: [String]) { self.names = names }

  /// A field, which is one of `names`; asked for once.
  func read(_ name: String) throws -> Value { .null }

  override var typeName: String { "record" }
  override var memberNames: [String] { names }

  /// A field by its name, read once.
  final func field(_ name: String) throws -> Value? {
    if let value = values[name] { return value }
    guard names.contains(name) else { return nil }
    let value = try read(name)
    values[name] = value
    return value
  }

  override func member(_ name: String, in session: Session) throws -> Value? { try field(name) }

  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    if arguments.count == 1, let name = arguments[0].value.stringValue, let value = try field(name) {
      return value
    }
    // The words of a record for what it has not.
    return try RecordObject(names.map { ($0, .null) }).index(arguments, in: session)
  }

  /// `item with (answer: "no")`: a record that holds all its fields.
  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard op == .with, !swapped, let other = other.object as? RecordObject else { return nil }
    return .object(try whole().merging(other))
  }

  private func whole() throws -> RecordObject { RecordObject(try names.map { ($0, try field($0) ?? .null) }) }

  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    switch native {
    case "keys": .list(names.map { .string($0) })
    case "values": .list(try whole().values)
    case "len": .int(names.count)
    default: nil
    }
  }
}
