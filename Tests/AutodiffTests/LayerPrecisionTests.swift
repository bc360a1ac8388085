import Tensors
import Testing

@testable import Autodiff

/// The layers' f32 kernels against the kernels in double precision that finite differences have checked: values and gradients.
///
/// Sums of a few products of numbers of order 1, so a handful of roundings.
@Test(arguments: layerCases) func layersInSinglePrecisionAreThoseInDouble(_ test: RuleCase) throws {
  func run(_ dtype: DType) throws -> [Tensor] {
    let variables = test.inputs.map { Variable.leaf($0.to(dtype)) }
    let output = try test.function(variables)
    let gradients = try output.backward(RandomKey(seed: 5).normal(output.axes).to(dtype))
    return [output.value] + variables.compactMap { gradients[$0] }
  }
  let (single, double) = (try run(.f32), try run(.f64))
  #expect(single.count == test.inputs.count + 1 && double.count == single.count)
  for (found, expected) in zip(single, double) {
    #expect(found.dtype == .f32 && expected.dtype == .f64 && found.shape == expected.shape)
    let scale = max(expected.doubles().reduce(0) { max($0, abs($1)) }, 1)
    for (a, b) in zip(found.doubles(), expected.doubles()) { #expect(abs(a - b) <= 3e-6 * scale) }
  }
}
