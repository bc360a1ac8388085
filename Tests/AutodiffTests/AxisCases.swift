import Tensors

@testable import Autodiff

private let x = Draw.normal(71, ("token", 3), ("head", 2), ("model", 5))
private let one = Draw.normal(72, ("token", 3), ("head", 1), ("model", 5))

private func shape(
  _ rule: Rule, _ name: String, _ input: Tensor = x, _ function: @escaping @Sendable (Variable) throws -> Variable
) -> RuleCase { RuleCase(name: "\(rule.rawValue): \(name)", rule: rule, inputs: [input]) { try function($0[0]) } }

let axisCases: [RuleCase] = [
  shape(.reorder, "all") { try $0.reorder(["model", "token", "head"]) },
  shape(.reorder, "one to the front") { try $0.reorder(["model"]) },
  shape(.transpose, "first and last") { try $0.transpose("token", "model") },
  shape(.rename, "one") { try $0.rename("head", to: "key") },
  shape(.reshape, "one axis") { try $0.reshape([Axis("all", 30)]) },
  shape(.reshape, "other sizes") { try $0.reshape([Axis("token", 5), Axis("row", 6)]) },
  shape(.split, "two of one", Draw.normal(73, ("token", 3), ("model", 6))) {
    try $0.split("model", into: [Axis("head", 2), Axis("feature", 3)])
  },
  shape(.merge, "neighbours") { try $0.merge(["head", "model"], into: "row") },
  shape(.merge, "others in another order") { try $0.merge(["model", "token"], into: "row") },
  shape(.squeeze, "the middle", one) { try $0.squeeze("head") },
  shape(.expand, "to several") { try $0.expand(Axis("sample", 4)) },
  shape(.expand, "to one") { try $0.expand(Axis("sample", 1)) },
  shape(.labelled, "none") { try $0.labelled("token", nil) },
  // Numbers that the narrow type holds exactly, before and after a step.
  RuleCase(
    name: "cast: there and back", rule: .cast, inputs: [Tensor([Axis("token", 4)], [1, -0.5, 2.25, 3])],
    function: { $0[0].to(.bf16).to($0[0].dtype) }, step: 0.25, tolerance: 1e-2),
]
