import Tensors

/// What an optimiser knows about one parameter: everything that the next step needs beside the parameter itself.
public struct OptimiserState: Sendable {
  /// Steps taken; a step in which the parameter got no gradient does not count, as in torch.
  public var steps: Int
  /// In the order of `UpdateRule.memory`.
  public var memory: [Tensor]

  public init(steps: Int, memory: [Tensor]) {
    self.steps = steps
    self.memory = memory
  }

  /// The state before the first step of a parameter.
  public init(_ rule: UpdateRule, for parameter: Tensor) {
    self.init(steps: 0, memory: rule.memory.map { _ in parameter.zeros })
  }
}

extension Tensor {
  /// Zeros of its shape.
  fileprivate var zeros: Tensor { Tensor(shape) { $0.update(repeating: 0) } }
}
