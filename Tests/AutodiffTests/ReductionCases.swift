import Tensors

@testable import Autodiff

private let x = Draw.normal(31, ("token", 3), ("head", 2), ("model", 5))
private let apart = Draw.apart(32, ("token", 3), ("head", 2), ("model", 5))
private let thin = Draw.normal(33, ("token", 4), ("model", 1))

/// Over the last axis, the first, two that are no neighbours in another order, an axis of size 1, and all.
private func reductions(
  _ rule: Rule, _ input: Tensor = x, thin: Tensor? = thin,
  _ function: @escaping @Sendable (Variable, [String]?) throws -> Variable
) -> [RuleCase] {
  let choices: [[String]?] = [["model"], ["token"], ["model", "token"], nil]
  let cases = choices.map { names in
    RuleCase(name: "\(rule.rawValue) over \(names?.description ?? "all")", rule: rule, inputs: [input]) {
      try function($0[0], names)
    }
  }
  guard let thin else { return cases }
  return cases + [
    RuleCase(name: "\(rule.rawValue) over an axis of size 1", rule: rule, inputs: [thin]) {
      try function($0[0], ["model"])
    }
  ]
}

let reductionCases: [RuleCase] =
  reductions(.sum) { try $0.sum(over: $1) }
  + reductions(.mean) { try $0.mean(over: $1) }
  + reductions(.variance) { try $0.variance(over: $1) }
  + reductions(.variance, thin: nil) { try $0.variance(over: $1, correction: 1) }
  + reductions(.standardDeviation, thin: nil) { try $0.standardDeviation(over: $1) }
  + reductions(.standardDeviation, thin: nil) { try $0.standardDeviation(over: $1, correction: 1) }
  + reductions(.norm) { try $0.norm(over: $1) }
  + reductions(.product) { try $0.product(over: $1) }
  + reductions(.minimum, apart) { try $0.minimum(over: $1) }
  + reductions(.maximum, apart) { try $0.maximum(over: $1) }
  + reductions(.logSumExp) { try $0.logSumExp(over: $1) }
  + ["token", "head", "model"].map { name in
    RuleCase(name: "cumulative sum over \(name)", rule: .cumulativeSum, inputs: [x]) {
      try $0[0].cumulativeSum(over: name)
    }
  }
  + [
    // One zero: only its element has a gradient. Two: none has.
    RuleCase(
      name: "product with zeros", rule: .product,
      inputs: [Tensor([Axis("token", 3), Axis("model", 3)], [1, 2, 3, 0, 2, 3, 0, 0, 4])]
    ) { try $0[0].product(over: ["model"]) },
    RuleCase(name: "nothing summed", rule: .sum, inputs: [x]) { try $0[0].sum(over: []) },
    RuleCase(name: "sum over an empty axis", rule: .sum, inputs: [Draw.normal(34, ("token", 0), ("model", 3))]) {
      try $0[0].sum(over: ["token"])
    },
  ]
