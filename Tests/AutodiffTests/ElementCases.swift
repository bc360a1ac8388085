import Tensors

@testable import Autodiff

private let x = Draw.normal(21, ("token", 3), ("model", 5))
private let positive = Draw.uniform(22, 0.3, 2, ("token", 7), ("model", 1))
private let apart = Draw.apart(23, ("model", 5), ("token", 3))

private func element(
  _ rule: Rule, _ input: Tensor, _ function: @escaping @Sendable (Variable) throws -> Variable
) -> RuleCase {
  RuleCase(name: "\(rule.rawValue) of \(input.shape)", rule: rule, inputs: [input]) { try function($0[0]) }
}

let elementCases: [RuleCase] = [
  element(.negated, x) { $0.negated() },
  element(.exp, x) { $0.exp() },
  element(.log, positive) { $0.log() },
  element(.sin, x) { $0.sin() },
  element(.cos, x) { $0.cos() },
  element(.sqrt, positive) { $0.sqrt() },
  element(.square, x) { $0.square() },
  element(.reciprocal, positive) { $0.reciprocal() },
  element(.abs, apart) { $0.abs() },
  element(.erf, x) { $0.erf() },
  element(.clamp, apart) { try $0.clamp(from: -0.5, to: 0.7) },
  element(.clamp, Draw.apart(24, ("token", 9))) { try $0.clamp(from: 0) },
  element(.floor, apart) { $0.floor() },
  element(.ceil, apart) { $0.ceil() },
  element(.round, apart) { $0.round() },
  element(.sign, apart) { $0.sign() },
  element(.tanh, x) { $0.tanh() },
  element(.sigmoid, x) { $0.sigmoid() },
  element(.relu, apart) { $0.relu() },
  element(.gelu, x) { $0.gelu() },
  element(.geluTanh, x) { $0.geluTanh() },
  element(.quickGelu, x) { $0.quickGelu() },
  element(.silu, x) { $0.silu() },
  element(.exp, Draw.normal(25)) { $0.exp() },
]

/// What happens inside a checkpoint is done twice.
let checkpointCases: [RuleCase] = [
  RuleCase(name: "checkpoint", rule: .checkpoint, inputs: [x, Draw.normal(26, ("model", 5))]) { inputs in
    try Variable.checkpoint(inputs) { try ($0[0] * $0[1]).exp() + $0[1] }
  }
]
