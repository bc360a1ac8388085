import Tensors

@testable import Autodiff

/// A function whose derivative is held against finite differences, at inputs where it is smooth.
struct RuleCase: Sendable, CustomStringConvertible {
  let name: String
  /// The rule that this case is there for; it must be among the steps that the function takes.
  let rule: Rule
  /// The function's arguments, which it is given in f64; each gets a gradient in turn.
  let inputs: [Tensor]
  let function: @Sendable ([Variable]) throws -> Variable
  /// How far an element is moved either way.
  var step = 1e-5
  /// How far the gradient may be from the differences, of its length or of 1.
  var tolerance = 1e-7

  var description: String { name }
}

/// Inputs, the same in every run.
enum Draw {
  /// Numbers from the standard normal distribution.
  static func normal(_ seed: UInt64, _ axes: (String, Int)...) -> Tensor {
    made { try RandomKey(seed: seed).normal(axes.map { Axis($0.0, $0.1) }) }
  }

  /// Numbers from low to high.
  static func uniform(_ seed: UInt64, _ low: Float, _ high: Float, _ axes: (String, Int)...) -> Tensor {
    made { try RandomKey(seed: seed).uniform(axes.map { Axis($0.0, $0.1) }, from: low, to: high) }
  }

  /// Numbers no two of which come closer than 0.1: their order is that of no small change.
  static func apart(_ seed: UInt64, _ axes: (String, Int)...) -> Tensor {
    made {
      let axes = axes.map { Axis($0.0, $0.1) }
      let count = Shape(axes).count
      let order = try RandomKey(seed: seed).permutation(Axis("place", count)).integers()
      return try Tensor.of(order.map { 0.1 + 0.25 * Float($0 - count / 2) }, axes)
    }
  }

  private static func made(_ body: () throws -> Tensor) -> Tensor {
    do { return try body() } catch { preconditionFailure("\(error)") }
  }
}
