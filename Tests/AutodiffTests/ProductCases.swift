import Tensors

@testable import Autodiff

private let x = Draw.normal(41, ("token", 3), ("model", 5))
private let heads = Draw.normal(42, ("head", 2), ("token", 3), ("model", 5))

private func contraction(_ a: Tensor, _ b: Tensor, over names: [String]? = nil) -> RuleCase {
  RuleCase(
    name: "\(a.shape) @ \(b.shape) over \(names?.description ?? "the shared axis")", rule: .contract, inputs: [a, b]
  ) { try $0[0].contract($0[1], over: names) }
}

private func einsum(_ operands: [Tensor], to names: [String]) -> RuleCase {
  RuleCase(name: "einsum of \(operands.map(\.shape)) to \(names)", rule: .einsum, inputs: operands) {
    try Variable.einsum($0, to: names)
  }
}

private func row(
  _ rule: Rule, _ inputs: [Tensor], _ text: String = "", _ function: @escaping @Sendable ([Variable]) throws -> Variable
) -> RuleCase {
  RuleCase(name: "\(rule.rawValue) of \(inputs[0].shape)\(text)", rule: rule, inputs: inputs, function: function)
}

private let weight = Draw.normal(43, ("model", 5))
private let bias = Draw.normal(44, ("model", 5))

let productCases: [RuleCase] = [
  contraction(x, weight),
  contraction(weight, x),
  contraction(x, Draw.normal(45, ("rank", 2), ("model", 5))),
  contraction(x, Draw.normal(46, ("model", 5), ("rank", 2), ("head", 4))),
  contraction(Draw.normal(47, ("model", 5), ("token", 3)), Draw.normal(48, ("rank", 2), ("model", 5))),
  contraction(weight, bias),
  contraction(Draw.normal(49, ("model", 1)), Draw.normal(50, ("model", 1), ("rank", 3))),
  contraction(Draw.normal(51, ("token", 2), ("model", 0)), Draw.normal(52, ("model", 0), ("rank", 3))),
  contraction(heads, Draw.normal(53, ("model", 5), ("rank", 4), ("token", 3)), over: ["token", "model"]),
  contraction(heads, Draw.normal(54, ("rank", 4), ("head", 2), ("model", 5)), over: ["model"]),
  contraction(heads, Draw.normal(55, ("token", 3), ("model", 5), ("head", 2)), over: ["model"]),
  contraction(heads, Draw.normal(56, ("token", 3), ("rank", 4)), over: []),
  einsum([x, Draw.normal(57, ("model", 5), ("rank", 2))], to: ["rank", "token"]),
  einsum(
    [x, Draw.normal(58, ("model", 5), ("rank", 2)), Draw.normal(59, ("rank", 2), ("head", 4))], to: ["token", "head"]),
  // An axis that only one operand has, one that all have and that stays, and a single operand.
  einsum([heads, Draw.normal(60, ("token", 3), ("model", 5), ("key", 4))], to: ["token", "key"]),
  einsum([x, Draw.normal(61, ("token", 3)), Draw.normal(62, ("token", 3), ("rank", 2))], to: ["token", "rank"]),
  einsum([heads], to: ["model", "head"]),
  einsum([x, x], to: []),
  RuleCase(name: "cosine", rule: .cosineSimilarity, inputs: [x, Draw.normal(63, ("token", 3), ("model", 5))]) {
    try $0[0].cosineSimilarity($0[1], over: "model")
  },
  RuleCase(name: "cosine with a row", rule: .cosineSimilarity, inputs: [weight, heads]) {
    try $0[0].cosineSimilarity($0[1], over: "model")
  },
  row(.softmax, [heads]) { try $0[0].softmax(over: "model") },
  row(.softmax, [heads], " over the second axis") { try $0[0].softmax(over: "token") },
  row(.softmax, [Draw.normal(64, ("token", 3), ("model", 1))]) { try $0[0].softmax(over: "model") },
  row(.logSoftmax, [heads]) { try $0[0].logSoftmax(over: "model") },
  row(.logSoftmax, [heads], " over the first axis") { try $0[0].logSoftmax(over: "head") },
  row(.unit, [heads]) { try $0[0].unit(over: "model") },
  row(.unit, [heads], " over the second axis") { try $0[0].unit(over: "token") },
  row(.rmsNorm, [heads]) { try $0[0].rmsNorm(over: "model") },
  row(.rmsNorm, [heads, weight], " with weights") { try $0[0].rmsNorm(over: "model", weight: $0[1], eps: 0.1) },
  row(.rmsNorm, [Draw.normal(65, ("model", 5), ("token", 3)), weight], " with weights") {
    try $0[0].rmsNorm(over: "model", weight: $0[1])
  },
  row(.layerNorm, [heads]) { try $0[0].layerNorm(over: "model") },
  row(.layerNorm, [heads, weight], " with weights") { try $0[0].layerNorm(over: "model", weight: $0[1]) },
  row(.layerNorm, [heads, bias], " with a bias") { try $0[0].layerNorm(over: "model", bias: $0[1], eps: 0.1) },
  row(.layerNorm, [Draw.normal(66, ("model", 5), ("token", 3)), weight, bias], " with both") {
    try $0[0].layerNorm(over: "model", weight: $0[1], bias: $0[2])
  },
]
