import Tensors
import Testing

@testable import Autodiff

/// Every case of the table: one list for each file of rules.
let ruleCases: [RuleCase] =
  pairCases + elementCases + reductionCases + productCases + axisCases + selectionCases + orderCases + matrixCases
  + editCases + checkpointCases

/// Central differences in each element of each input against the gradient that the rules give, for a random gradient of the result.
///
/// The differences err by h²/6 times the third derivative and by rounding over h.
@Test(arguments: ruleCases)
func derivativesAreThoseOfFiniteDifferences(_ test: RuleCase) throws {
  let variables = test.inputs.map { Variable.leaf($0) }
  let output = try test.function(variables)
  #expect(rules(in: output).contains(test.rule), "\(test.rule) is no step of this case")
  let seed = try RandomKey(seed: 77).normal(output.axes).to(output.dtype)
  let gradients = try output.backward(seed)
  for (place, input) in test.inputs.enumerated() {
    let found = try #require(gradients[variables[place]], "input \(place) has no gradient")
    #expect(found.shape == input.shape, "input \(place)")
    #expect(found.dtype == input.dtype, "input \(place)")
    let expected = try differences(test, place, seed)
    let (error, size) = (distance(found.floats(), expected), distance(expected, []))
    #expect(error <= 1e-2 * max(size, 1), "input \(place): \(error) of \(size)")
  }
  // An input alone gets the same gradient as among others.
  for place in test.inputs.indices where test.inputs.count > 1 {
    let alone = test.inputs.indices.map { $0 == place ? variables[$0] : Variable(test.inputs[$0]) }
    let found = try test.function(alone).backward(seed)[variables[place]]
    #expect(found?.floats() == gradients[variables[place]]?.floats(), "input \(place) alone")
  }
}

@Test func everyRuleHasACase() {
  let missing = Set(Rule.allCases).subtracting(ruleCases.map(\.rule))
  #expect(missing.isEmpty, "no case for \(missing.map(\.rawValue).sorted())")
}

/// The operations that a result was made by.
private func rules(in output: Variable) -> Set<Rule> {
  var found: Set<Rule> = []
  var waiting = [output.node].compactMap { $0 }
  while let node = waiting.popLast() {
    if let rule = node.rule { found.insert(rule) }
    waiting += node.inputs.compactMap { $0 }
  }
  return found
}

private func differences(_ test: RuleCase, _ place: Int, _ seed: Tensor) throws -> [Float] {
  let step = test.step
  let input = test.inputs[place]
  let values = input.floats()
  return try values.indices.map { i in
    func result(_ change: Float) throws -> Float {
      var moved = values
      moved[i] += change
      var inputs = test.inputs.map { Variable($0) }
      inputs[place] = Variable(try Tensor.of(moved, input.axes).to(input.dtype))
      return try test.function(inputs).value.multiplying(seed).sum().item()
    }
    return try (result(step) - result(-step)) / (2 * step)
  }
}

/// The length of a difference.
private func distance(_ a: [Float], _ b: [Float]) -> Float {
  a.indices.reduce(0) { $0 + (a[$1] - ($1 < b.count ? b[$1] : 0)) * (a[$1] - ($1 < b.count ? b[$1] : 0)) }.squareRoot()
}
