import Interpreter
import Syntax
import Tensors

/// Whether an operator of a script provably treats every row by itself, read off its equations.
///
/// What depends on the activations may be added, multiplied and the like, go through functions of single elements, be
/// contracted with what does not depend on them, and be reduced along named axes other than the rows'. Everything else
/// must not depend on them. Nothing may speak of the axis of the rows.
struct RowwiseProof {
  private let object: OperatorObject
  /// What the names of the body stand for.
  private var meanings: [String: Meaning] = [:]

  private enum Meaning {
    /// The same for all rows.
    case constant
    /// A row for each row.
    case rows
    /// A function of single elements.
    case function
  }

  /// Functions of single elements, whatever their arguments.
  private static let elementwise: Set = [
    "abs", "cos", "exp", "gelu", "log", "relu", "sigmoid", "silu", "sin", "sqrt", "tanh", "where",
  ]
  /// Functions along the axis that they are given as `over`.
  private static let alongAxis: Set = ["dot", "log_softmax", "mean", "norm", "softmax", "sum", "unit", "variance"]
  /// Functions that give something else each time.
  private static let drawing: Set = ["normal", "uniform"]
  private static let rowAxes: Set = ["token", "query", "head"]

  static func holds(_ object: OperatorObject) -> Bool {
    var proof = RowwiseProof(object)
    return proof.holds()
  }

  private init(_ object: OperatorObject) { self.object = object }

  private mutating func holds() -> Bool {
    guard object.updateParameters.count == 1, let hidden = object.updateParameters.first,
      object.argumentRecord.fields.allSatisfy({ Self.isPlain($0.1) }),
      object.parameters.allSatisfy({ $0.axes.allSatisfy { $0.name == "token" || !Self.rowAxes.contains($0.name) } })
    else { return false }
    for (name, _) in object.argumentRecord.fields { meanings[name] = .constant }
    for parameter in object.parameters {
      // A parameter with an axis `token` comes with the rows of the tokens at hand.
      meanings[parameter.name] = parameter.axes.contains { $0.name == "token" } ? .rows : .constant
    }
    for case .statement(let statement) in object.body.members {
      guard define(statement) else { return false }
    }
    meanings[hidden] = .rows
    switch object.body.apply.body {
    case .expression(let update): return meaning(of: update).map(Self.isRows) ?? false
    case .block(let block): return meaning(of: block).map(Self.isRows) ?? false
    }
  }

  private static func isRows(_ meaning: Meaning) -> Bool {
    if case .rows = meaning { true } else { false }
  }

  /// An argument that has no rows of its own.
  private static func isPlain(_ value: Value) -> Bool {
    if let tensor = value.tensor { return tensor.shape.names.allSatisfy { !rowAxes.contains($0) } }
    return value.object == nil || value.stringValue != nil
  }

  /// A `let` of one name; false for every other statement.
  private mutating func define(_ statement: Statement) -> Bool {
    guard case .constant(.name(let name), let value) = statement.kind, let meaning = meaning(of: value) else {
      return false
    }
    meanings[name.text] = meaning
    return true
  }

  /// `let`s, then the value.
  private mutating func meaning(of block: Block) -> Meaning? {
    for statement in block.statements.dropLast() { guard define(statement) else { return nil } }
    guard case .expression(let value)? = block.statements.last?.kind else { return nil }
    return meaning(of: value)
  }

  /// Nil where nothing can be said.
  private func meaning(of expression: Expression) -> Meaning? {
    switch expression.kind {
    case .null, .bool, .integer, .float: return .constant
    case .string(let parts, _):
      // An axis' name, or the name of a choice; one that is put together could be any axis.
      guard parts.allSatisfy({ if case .text(let text) = $0 { !Self.rowAxes.contains(text) } else { false } }) else {
        return nil
      }
      return .constant
    case .name(let name): return meaning(ofName: name)
    case .unary(.negate, let operand): return elementwise([operand])
    case .binary(let op, _, let left, let right): return meaning(of: op, left, right)
    case .list(let elements): return constant(elements)
    case .record(let fields): return meaning(ofFields: fields.map(\.value))
    case .member(let base, let name):
      return Self.rowAxes.contains(name.text) ? nil : constant([base])
    case .index(let base, let arguments): return meaning(ofIndex: base, arguments)
    case .conditional(let condition, let then, let otherwise):
      guard constant([condition]) != nil, let otherwise else { return nil }
      var branch = self
      guard let first = branch.meaning(of: then), let second = meaning(of: otherwise) else { return nil }
      return Self.isRows(first) == Self.isRows(second) ? first : nil
    case .block(let block):
      var inner = self
      return inner.meaning(of: block)
    case .call(let callee, let arguments, trailing: false): return meaning(ofCall: callee, arguments)
    case .pipe(let value, let call):
      switch call.kind {
      case .call(let callee, let arguments, trailing: false):
        return meaning(ofCall: callee, [Argument(name: nil, value: value)] + arguments)
      case .name: return meaning(ofCall: call, [Argument(name: nil, value: value)])
      default: return nil
      }
    default: return nil
    }
  }

  private func meaning(ofName name: String) -> Meaning? {
    if let known = meanings[name] { return known }
    // A bare name may be an axis of the functions that take one.
    guard object.usesStandard(name) else {
      return object.usesUndefined(name) && !Self.rowAxes.contains(name) ? .constant : nil
    }
    return Self.elementwise.contains(name) ? .function : .constant
  }

  private func meaning(of op: BinaryOperator, _ left: Expression, _ right: Expression) -> Meaning? {
    switch op {
    case .add, .subtract, .multiply, .divide, .modulo, .power, .less, .lessOrEqual, .greater, .greaterOrEqual:
      return elementwise([left, right])
    case .contract:
      guard let a = meaning(of: left), let b = meaning(of: right) else { return nil }
      // Two that both have rows could be contracted along them.
      switch (a, b) {
      case (.constant, .constant): return .constant
      case (.rows, .constant), (.constant, .rows): return .rows
      default: return nil
      }
    default: return constant([left, right])
    }
  }

  /// The same for all rows, where all of these are.
  private func constant(_ expressions: [Expression]) -> Meaning? {
    expressions.allSatisfy { if case .constant? = meaning(of: $0) { true } else { false } } ? .constant : nil
  }

  private func elementwise(_ expressions: [Expression]) -> Meaning? {
    var found: Meaning = .constant
    for expression in expressions {
      switch meaning(of: expression) {
      case .rows?: found = .rows
      case .constant?: break
      case .function?, nil: return nil
      }
    }
    return found
  }

  /// A record is the same for all rows, or a choice of functions.
  private func meaning(ofFields values: [Expression]) -> Meaning? {
    let meanings = values.map { meaning(of: $0) }
    if !values.isEmpty, meanings.allSatisfy({ if case .function? = $0 { true } else { false } }) { return .function }
    return constant(values)
  }

  private func meaning(ofIndex base: Expression, _ arguments: [Argument]) -> Meaning? {
    guard arguments.allSatisfy({ !Self.rowAxes.contains($0.name?.text ?? "") }), constant(arguments.map(\.value)) != nil
    else { return nil }
    switch meaning(of: base) {
    case .constant?: return .constant
    case .function?: return .function
    // A part of every row is named by its axis; by place it could be a part of the rows.
    case .rows?: return arguments.allSatisfy { $0.name != nil } ? .rows : nil
    case nil: return nil
    }
  }

  private func meaning(ofCall callee: Expression, _ arguments: [Argument]) -> Meaning? {
    guard arguments.allSatisfy({ !Self.rowAxes.contains($0.name?.text ?? "") }) else { return nil }
    let values = arguments.map(\.value)
    if case .function? = meaning(of: callee) { return elementwise(values) }
    guard case .name(let name) = callee.kind, meanings[name] == nil, object.usesStandard(name),
      !Self.drawing.contains(name)
    else { return nil }
    if Self.alongAxis.contains(name), let over = arguments.first(where: { $0.name?.text == "over" }) {
      guard isOtherAxis(over.value) else { return nil }
      return elementwise(arguments.filter { $0.name?.text != "over" }.map(\.value))
    }
    return constant(values)
  }

  /// An axis that is written out and is not that of the rows.
  private func isOtherAxis(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .name(let name): meanings[name] == nil && !Self.rowAxes.contains(name)
    case .list(let names): !names.isEmpty && names.allSatisfy(isOtherAxis)
    default: false
    }
  }
}
