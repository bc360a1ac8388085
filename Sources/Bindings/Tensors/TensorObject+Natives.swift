import Interpreter
import Tensors

// What functions of the core library do when their first argument is a tensor.

extension TensorObject {
  private typealias Extension = (Tensor, NativeCall) throws -> Tensor

  private static let elementwise: [String: @Sendable (Tensor) -> Tensor] = [
    "abs": { $0.abs() }, "sqrt": { $0.sqrt() }, "exp": { $0.exp() }, "log": { $0.log() }, "sin": { $0.sin() },
    "cos": { $0.cos() }, "floor": { $0.floor() }, "ceil": { $0.ceil() }, "round": { $0.round() },
  ]

  private static let reductions: [String: @Sendable (Tensor, [String]?) throws -> Tensor] = [
    "sum": { try $0.sum(over: $1) }, "mean": { try $0.mean(over: $1) }, "min": { try $0.min(over: $1) },
    "max": { try $0.max(over: $1) }, "any": { try $0.any(over: $1) }, "all": { try $0.all(over: $1) },
  ]

  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    if let function = Self.elementwise[native] { return Value(function(tensor)) }
    if let reduction = Self.reductions[native] {
      let over = call.signature.parameters.contains { $0.name == "over" } ? try call.namesOrAll("over") : nil
      // `max(a, b)`: the larger of each pair.
      if over == nil, native == "max" || native == "min", let other = call.others.first.flatMap({ Tensor(operand: $0) }) {
        return Value(native == "max" ? try tensor.maximum(other) : try tensor.minimum(other))
      }
      return Value(try reduction(tensor, over))
    }
    switch native {
    case "float": return Value(tensor.count == 1 ? Tensor(try tensor.item()) : tensor.to(.f32))
    default: return nil
    }
  }
}

extension NativeCall {
  /// What was given beyond the first argument, where the function takes any number of values.
  fileprivate var others: [Value] {
    guard signature.parameters.contains(where: { $0.role == .rest }) else { return [] }
    return arguments.dropFirst().flatMap { $0.listElements ?? [] }
  }
}
