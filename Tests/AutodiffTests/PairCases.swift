import Tensors

@testable import Autodiff

private let x = Draw.normal(1, ("token", 3), ("model", 5))
private let row = Draw.normal(2, ("model", 5))
private let column = Draw.normal(3, ("token", 3))
private let other = Draw.normal(4, ("model", 5), ("head", 2))
private let one = Draw.normal(5, ("token", 1), ("model", 5))
private let number = Draw.normal(6)
private let positive = Draw.uniform(7, 0.5, 2, ("token", 3), ("model", 5))
private let positiveRow = Draw.uniform(8, 0.5, 2, ("model", 5))
private let positiveNumber = Draw.uniform(9, 0.5, 2)
private let swapped = Draw.normal(10, ("model", 5), ("token", 3))

/// The ways in which two operands match: equal axes, one inside the other, axes of both, another order, a number.
private func pairs(
  _ name: String, _ rule: Rule, _ operands: [(Tensor, Tensor)],
  _ function: @escaping @Sendable (Variable, Variable) throws -> Variable
) -> [RuleCase] {
  operands.enumerated().map { place, pair in
    RuleCase(name: "\(name) of \(pair.0.shape) and \(pair.1.shape), \(place)", rule: rule, inputs: [pair.0, pair.1]) {
      try function($0[0], $0[1])
    }
  }
}

private let anyPairs = [
  (x, Draw.normal(11, ("token", 3), ("model", 5))), (x, row), (row, x), (x, column), (column, row), (x, other),
  (x, swapped), (one, row), (x, number), (number, x), (number, Draw.normal(12)),
]
private let positivePairs = [
  (positive, positive), (x, positiveRow), (column, positiveRow), (x, positiveNumber), (number, positive),
  (swapped, positive),
]
private let apartPairs: [(Tensor, Tensor)] = {
  let all = Draw.apart(13, ("side", 2), ("token", 3), ("model", 5))
  let line = Draw.apart(14, ("side", 4), ("model", 5))
  func side(_ i: Int, _ tensor: Tensor) -> Tensor {
    do { return try tensor.select("side", .index(i)) } catch { preconditionFailure("\(error)") }
  }
  return [(side(0, all), side(1, all)), (side(0, line), side(1, line)), (side(2, line), Tensor(0.31))]
}()

let pairCases: [RuleCase] =
  pairs("sum", .add, anyPairs) { try $0 + $1 }
  + pairs("difference", .subtract, anyPairs) { try $0 - $1 }
  + pairs("product", .multiply, anyPairs) { try $0 * $1 }
  + pairs("quotient", .divide, positivePairs) { try $0 / $1 }
  + pairs("smaller", .minimumOfTwo, apartPairs) { try $0.minimum($1) }
  + pairs("larger", .maximumOfTwo, apartPairs) { try $0.maximum($1) }
  + pairs("power", .power, [(positive, row), (positiveRow, x), (positive, number), (positiveNumber, column)]) {
    try $0.power($1)
  }
  + [
    RuleCase(name: "integer power of negative numbers", rule: .power, inputs: [x]) {
      try $0[0].power(Variable(Tensor(3)))
    },
    RuleCase(name: "power 0", rule: .power, inputs: [x]) { try $0[0].power(Variable(Tensor(0))) },
    RuleCase(name: "power 2", rule: .power, inputs: [x]) { try $0[0].power(Variable(Tensor(2))) },
    RuleCase(name: "remainder", rule: .remainder, inputs: [x, positiveRow]) { try $0[0].remainder($0[1]) },
    RuleCase(name: "remainder of negative divisors", rule: .remainder, inputs: [x, positiveRow]) {
      try $0[0].remainder($0[1].negated())
    },
    RuleCase(name: "choice", rule: .choose, inputs: [x, swapped]) {
      let mask = Variable(try Tensor.of([true, false, true], [Axis("token", 3)]))
      return try mask.choose($0[0], else: $0[1])
    },
    RuleCase(name: "choice between a row and a number", rule: .choose, inputs: [row, number]) {
      let mask = Variable(try Tensor.of([true, false, true, true, false, false], [Axis("token", 6)]))
      return try mask.choose($0[0], else: $0[1])
    },
  ]
