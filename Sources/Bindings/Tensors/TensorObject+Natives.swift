import Autodiff
import Interpreter
import Tensors

// What functions of the core library do when their first argument is a tensor.

extension TensorObject {
  private static let elementwise: [String: @Sendable (Variable) -> Variable] = [
    "abs": { $0.abs() }, "sqrt": { $0.sqrt() }, "exp": { $0.exp() }, "log": { $0.log() }, "sin": { $0.sin() },
    "cos": { $0.cos() }, "floor": { $0.floor() }, "ceil": { $0.ceil() },
  ]

  private static let reductions: [String: @Sendable (Variable, [String]?) throws -> Variable] = [
    "sum": { try $0.sum(over: $1) }, "mean": { try $0.mean(over: $1) }, "min": { try $0.minimum(over: $1) },
    "max": { try $0.maximum(over: $1) }, "any": { try $0.any(over: $1) }, "all": { try $0.all(over: $1) },
  ]

  /// The result for a tensor; nil leaves the call to the function's own body.
  func extended(_ native: String, _ call: NativeCall) throws -> Value? {
    if let function = Self.elementwise[native] { return Value(function(variable)) }
    guard let reduction = Self.reductions[native] else {
      if native == "round", call.value("digits").isNull { return Value(variable.round()) }
      return try asNumber(native, call)
    }
    // `max(a, b)`: the larger of each pair.
    if native == "max" || native == "min", let other = Variable(operand: call.value("other"), beside: tensor.dtype) {
      return Value(native == "max" ? try variable.maximum(other) : try variable.minimum(other))
    }
    return Value(try reduction(variable, try call.namesOrAll("over")))
  }

  /// What functions that look at a number make of one that a gradient is to pass through.
  private func asNumber(_ native: String, _ call: NativeCall) throws -> Value? {
    guard tensor.axes.isEmpty, ["float", "int", "round", "format"].contains(native),
      let function = call.session.value(of: native)
    else { return nil }
    return try call.session.call(function, Arguments([Value(tensor)] + call.arguments.dropFirst()))
  }
}
