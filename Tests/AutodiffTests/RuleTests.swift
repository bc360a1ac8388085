import Tensors
import Testing

@testable import Autodiff

/// Every case of the table: one list for each file of rules.
let ruleCases: [RuleCase] =
  pairCases + elementCases + reductionCases + productCases + axisCases + selectionCases + orderCases + matrixCases
  + editCases + layerCases + checkpointCases

/// Central differences in each element of each input against the gradient that the rules give, for a random gradient of the
/// result, all in f64.
///
/// The differences err by h²/6 times the third derivative and by rounding over h: 1e-10 of each at h = 1e-5. All elements
/// together may be off by 1e-7 of their length, and each by as much of itself or of the mean.
@Test(arguments: ruleCases)
func derivativesAreThoseOfFiniteDifferences(_ test: RuleCase) throws {
  let inputs = test.inputs.map { $0.to(.f64) }
  let variables = inputs.map { Variable.leaf($0) }
  let output = try test.function(variables)
  #expect(rules(in: output).contains(test.rule), "\(test.rule) is no step of this case")
  let seed = try RandomKey(seed: 77).normal(output.axes, dtype: .f64)
  let gradients = try output.backward(seed)
  for (place, input) in inputs.enumerated() {
    let found = try #require(gradients[variables[place]], "input \(place) has no gradient")
    #expect(found.shape == input.shape, "input \(place)")
    #expect(found.dtype == input.dtype, "input \(place)")
    let expected = try differences(test, inputs, place, seed)
    let (error, size) = (length(zip(found.doubles(), expected).map { $0 - $1 }), length(expected))
    #expect(error <= test.tolerance * max(size, 1e-3), "input \(place): \(error) of \(size)")
    let mean = size / Double(max(expected.count, 1)).squareRoot()
    for (i, (a, b)) in zip(found.doubles(), expected).enumerated() {
      #expect(
        abs(a - b) <= 10 * test.tolerance * max(abs(b), mean, 1e-3), "input \(place), element \(i): \(a), not \(b)")
    }
  }
  // An input alone gets the same gradient as among others.
  for place in inputs.indices where inputs.count > 1 {
    let alone = inputs.indices.map { $0 == place ? variables[$0] : Variable(inputs[$0]) }
    let found = try test.function(alone).backward(seed)[variables[place]]
    #expect(found?.doubles() == gradients[variables[place]]?.doubles(), "input \(place) alone")
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

private func differences(_ test: RuleCase, _ given: [Tensor], _ place: Int, _ seed: Tensor) throws -> [Double] {
  let step = test.step
  let input = given[place]
  let values = input.doubles()
  return try values.indices.map { i in
    func result(_ change: Double) throws -> Double {
      var moved = values
      moved[i] += change
      var inputs = given.map { Variable($0) }
      inputs[place] = Variable(try Tensor.of(doubles: moved, input.axes))
      return try test.function(inputs).value.multiplying(seed).sum().number()
    }
    return try (result(step) - result(-step)) / (2 * step)
  }
}

private func length(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
