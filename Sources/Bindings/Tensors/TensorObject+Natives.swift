import Interpreter
import Tensors

// What functions of the core library do when their first argument is a tensor.

extension TensorObject {
  private static let elementwise: [String: @Sendable (Tensor) -> Tensor] = [
    "abs": { $0.abs() }, "sqrt": { $0.sqrt() }, "exp": { $0.exp() }, "log": { $0.log() }, "sin": { $0.sin() },
    "cos": { $0.cos() }, "floor": { $0.floor() }, "ceil": { $0.ceil() },
  ]

  private static let reductions: [String: @Sendable (Tensor, [String]?) throws -> Tensor] = [
    "sum": { try $0.sum(over: $1) }, "mean": { try $0.mean(over: $1) }, "min": { try $0.minimum(over: $1) },
    "max": { try $0.maximum(over: $1) }, "any": { try $0.any(over: $1) }, "all": { try $0.all(over: $1) },
  ]

  /// The result for a tensor; nil leaves the call to the function's own body.
  func extended(_ native: String, _ call: NativeCall) throws -> Value? {
    if let function = Self.elementwise[native] { return Value(function(tensor)) }
    guard let reduction = Self.reductions[native] else {
      return native == "round" && call.value("digits").isNull ? Value(tensor.round()) : nil
    }
    // `max(a, b)`: the larger of each pair.
    if native == "max" || native == "min", let other = Tensor(operand: call.value("other")) {
      return Value(native == "max" ? try tensor.maximum(other) : try tensor.minimum(other))
    }
    return Value(try reduction(tensor, try call.namesOrAll("over")))
  }
}
