import Tensors
import Testing

@testable import Autodiff

private let x = Draw.normal(61, ("token", 3), ("model", 4))
private let y = Draw.normal(62, ("token", 3), ("model", 4))

let editCases: [RuleCase] = [
  RuleCase(name: "share of a change", rule: .blend, inputs: [x, y]) { try $0[0].blend($0[1], share: Tensor(0.3)) },
  RuleCase(name: "share for each row", rule: .blend, inputs: [x, y]) {
    try $0[0].blend($0[1], share: Tensor([Axis("token", 3)], [0.5, -1, 2]))
  },
  RuleCase(name: "another order of summation", rule: .stating, inputs: [x, y]) {
    let product = try $0[0] * $0[1]
    return product.stating(try $0[1].value.multiplying($0[0].value))
  },
]

@Test func aShareOfNoChangeChangesNoBit() throws {
  let values: [Float] = [-0.0, .infinity, -.infinity, 1]
  let before = Tensor([Axis("model", 4)], values)
  let after = Tensor([Axis("model", 4)], [0, .infinity, -.infinity, 3])
  let mixed = try Variable(before).blend(Variable(after), share: Tensor(0.5)).value.floats()
  #expect(mixed.map(\.bitPattern) == [values[0], values[1], values[2], 2].map(\.bitPattern))
}
