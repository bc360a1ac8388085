import Syntax

@testable import Interpreter

/// A host that knows interventions as text, and boxes of numbers with an axis.
final class TestHost: HostSemantics {
  var seeds: [Int] = []

  func binary(
    _ op: BinaryOperator, _ left: Value, _ right: Value, at location: Diagnostic.Label?, in session: Session
  ) throws -> Value? {
    switch op {
    case .on, .yields, .with: return .string("(\(left.displayed) \(op.rawValue) \(right.displayed))")
    case .add where left.object is PathObject: return .string("\(left.displayed) + \(right.displayed)")
    default: return nil
    }
  }

  func unary(
    _ op: UnaryOperator, _ operand: Value, at location: Diagnostic.Label?, in session: Session
  ) throws -> Value? {
    operand.object is PathObject ? .string("-\(operand.displayed)") : nil
  }

  func seed(_ seed: Int, in session: Session) throws { seeds.append(seed) }
}

/// A row of numbers with a named axis: what a tensor looks like to the language.
final class Row: HostObject {
  struct Failure: Error, CustomStringConvertible { let description: String }

  let axis: String
  let numbers: [Double]

  init(_ axis: String, _ numbers: [Double]) {
    self.axis = axis
    self.numbers = numbers
  }

  override var typeName: String { "row" }
  override var count: Int? { numbers.count }
  override var memberNames: [String] { ["axis", "shifted"] }

  override func element(at position: Int, in session: Session) throws -> Value { .float(numbers[position]) }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "axis": .string(axis)
    case "shifted": .object(Shifter(self))
    default: nil
    }
  }

  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard case .int(let position)? = arguments[axis], numbers.indices.contains(position) else {
      throw Failure(description: "no axis for \(arguments.all.map { $0.name ?? "_" })")
    }
    return .float(numbers[position])
  }

  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard let number = other.doubleValue else { return nil }
    switch op {
    case .multiply: return .object(Row(axis, numbers.map { $0 * number }))
    case .subtract: return .object(Row(axis, numbers.map { swapped ? number - $0 : $0 - number }))
    default: return nil
    }
  }

  override func unary(_ op: UnaryOperator, in session: Session) throws -> Value? {
    .object(Row(axis, numbers.map { -$0 }))
  }

  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    switch native {
    case "mean":
      let over = try call.names("over")
      guard over.isEmpty || over == [axis] else { throw Failure(description: "no axis \(over)") }
      return .float(numbers.reduce(0, +) / Double(numbers.count))
    case "abs": return .object(Row(axis, numbers.map(abs)))
    default: return nil
    }
  }

  override func isEqual(to other: Object) -> Bool { (other as? Row)?.numbers == numbers }

  override func rendered(_ style: RenderingStyle) -> String {
    style.form == .short ? "[\(axis) \(numbers.count)]" : "[\(axis) \(numbers)]"
  }
}

/// A member that is called.
final class Shifter: HostObject {
  let row: Row

  init(_ row: Row) { self.row = row }

  override var isCallable: Bool { true }

  override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    let by = (arguments["by"] ?? arguments.positional.first)?.doubleValue ?? 0
    return .object(Row(row.axis, row.numbers.map { $0 + by }))
  }
}

extension NativeTable {
  /// `row` makes a row, `orthogonal` an initial value, `call_back` calls functions, `broken` throws a host's error.
  static var testing: NativeTable {
    var table = NativeTable.core
    table["row"] = { call in .object(Row(try call.names("axis").first ?? "", try call.numbers("numbers"))) }
    table["orthogonal"] = { call in
      guard let context = call.session.initialisation else {
        throw ScriptError(.badArgument, "`orthogonal` is an initial value of a `param`")
      }
      return .object(Row(context.parameterName, context.axes.map { Double($0.size) }))
    }
    table["evaluate_text"] = { call in
      try call.session.evaluate(SourceText(name: "inner", call.string("text")), mode: .prompt)
    }
    table["broken"] = { _ in throw Row.Failure(description: "the file is torn") }
    return table
  }

  static let testingDeclarations = SourceText(
    name: "testing.steer",
    """
    fn row(axis: axis, numbers: list)
    fn orthogonal() -> tensor
    fn evaluate_text(text: string)
    fn broken()
    """)
}
