import Autodiff
import Interpreter
import Tensors

extension NativeTable {
  mutating func addGradients() {
    self["gradient"] = { call in
      let function = try call.function("f")
      var leaves: [Variable] = []
      let point = try call.tracked(call.value("at"), &leaves)
      let value = try call.session.call(function, point)
      guard let result = Variable(operand: value) else {
        throw call.wrongValue("f", "must give one number, found \(value.typePhrase)")
      }
      guard result.isTracked else {
        throw call.wrongValue("f", "gives \(value.rendered(.short)), which does not depend on `at`")
      }
      let gradients = try result.backward()
      guard !gradients.hasLeaves(beside: leaves) else { throw NativeCall.secondDerivative }
      var found = try leaves.map { try gradients[$0] ?? Tensor.zeros($0.axes, dtype: $0.dtype == .f64 ? .f64 : .f32) }[
        ...]
      return try call.replacing(point) { Value(found.popFirst() ?? $0.value) }
    }
    self["detach"] = { call in Value(try call.variable("t").value) }
  }
}

extension NativeCall {
  fileprivate static let secondDerivative = AutodiffError.noDerivative(
    operation: "gradient", advice: "second derivatives are not computed, so take it at constants: `detach(t)`")

  /// The same value with variables for its tensors and numbers.
  fileprivate func tracked(_ value: Value, _ leaves: inout [Variable]) throws -> Value {
    try replacing(value) { variable in
      if variable.isTracked { throw Self.secondDerivative }
      guard variable.dtype != .bool else { throw wrongValue("at", "holds a mask; a gradient needs numbers") }
      let leaf = Variable.leaf(variable.dtype == .i64 ? variable.value.to(.f32) : variable.value)
      leaves.append(leaf)
      return Value(leaf)
    }
  }

  /// The value with other tensors and numbers in place of its own, visited in order.
  fileprivate func replacing(
    _ value: Value, depth: Int = 0, _ body: (Variable) throws -> Value
  ) throws -> Value {
    guard depth < 32 else { throw wrongValue("at", "is nested more than 32 deep") }
    switch value.object {
    case let list as ListObject:
      return .list(try list.elements.map { try replacing($0, depth: depth + 1, body) })
    case let record as RecordObject:
      return .record(try record.fields.map { ($0.0, try replacing($0.1, depth: depth + 1, body)) })
    default:
      guard let variable = Variable(operand: value) else {
        throw wrongValue("at", "must be a tensor, a number, or a list or record of these, found \(value.typePhrase)")
      }
      return try body(variable)
    }
  }
}
