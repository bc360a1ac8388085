import Foundation
import Tensors
import TestSupport
import Testing

@testable import Autodiff

/// What `scripts/fixtures/autodiff.py` asked of torch: values and gradients in double precision.
struct TorchCase: Decodable {
  let inputs: [StoredTensor]
  let seed: StoredTensor
  let value: StoredTensor
  let gradients: [StoredTensor]

  struct StoredTensor: Decodable {
    let axes: [StoredAxis]
    let values: [Double]

    func tensor() throws -> Tensor { try Tensor.of(doubles: values, axes.map(\.axis)) }
  }

  struct StoredAxis: Decodable {
    let axis: Axis
    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      axis = Axis(try container.decode(String.self), try container.decode(Int.self))
    }
  }

  static let all: [String: TorchCase] = {
    let file = fixture("autodiff").appendingPathComponent("gradients.json")
    do {
      return try JSONDecoder().decode([String: TorchCase].self, from: Data(contentsOf: file))
    } catch {
      Issue.record("\(file.path): \(error)")
      return [:]
    }
  }()
}

private typealias Function = @Sendable ([Variable]) throws -> Variable

private let functions: [String: Function] = [
  "relu": { $0[0].relu() },
  "abs": { $0[0].abs() },
  "sign": { $0[0].sign() },
  "clamp": { try $0[0].clamp(from: -0.5, to: 2) },
  "maximum": { try $0[0].maximum(over: ["n"]) },
  "minimum": { try $0[0].minimum(over: ["n"]) },
  "maximumOfTwo": { try $0[0].maximum($0[1]) },
  "minimumOfTwo": { try $0[0].minimum($0[1]) },
  "norm": { try $0[0].norm(over: ["n"]) },
  "standardDeviation": { try $0[0].standardDeviation(over: ["n"]) },
  "product": { try $0[0].product(over: ["n"]) },
  "logSumExp": { try $0[0].logSumExp(over: ["n"]) },
  "remainder": { try $0[0].remainder($0[1]) },
  "softmax": { try $0[0].softmax(over: "model") },
  "logSoftmax": { try $0[0].logSoftmax(over: "model") },
  "layerNorm": { try $0[0].layerNorm(over: "model", weight: $0[1], bias: $0[2]) },
  "rmsNorm": { try $0[0].rmsNorm(over: "model", weight: $0[1]) },
  "cosineSimilarity": { try $0[0].cosineSimilarity($0[1], over: "model") },
  "gelu": { $0[0].gelu() },
  "geluTanh": { $0[0].geluTanh() },
  "silu": { $0[0].silu() },
  "contract": { try $0[0].contract($0[1]) },
  "take": { try $0[0].take(Variable(Tensor.of([4, 0, 4, 4], [Axis("token", 4)])), along: "vocab") },
  "takeEach": { try $0[0].take(Variable(Tensor.of([5, 0, 0, 2], [Axis("token", 4)])), along: "model") },
  "sorted": { try $0[0].sorted(over: "n") },
  "solve": { try $0[0].solve($0[1], rows: "row", columns: "column") },
  "inverse": { try $0[0].inverse(rows: "row", columns: "column") },
  "determinant": { try $0[0].determinant(rows: "row", columns: "column") },
  "singularValues": { try $0[0].svd(rows: "row", columns: "column").s },
  "qr tall q": { try $0[0].qr(rows: "row", columns: "column").q },
  "qr tall r": { try $0[0].qr(rows: "row", columns: "column").r },
  "qr square q": { try $0[0].qr(rows: "row", columns: "column").q },
  "qr square r": { try $0[0].qr(rows: "row", columns: "column").r },
  "orthonormalRowsByQR": { try $0[0].orthonormalRowsByQR(over: "model") },
  "orthonormalRowsByHouseholder": { try $0[0].orthonormalRowsByHouseholder(over: "model") },
  "orthonormalRowsByHouseholder square": { try $0[0].orthonormalRowsByHouseholder(over: "model") },
  "orthonormalRowsByHouseholder one": { try $0[0].orthonormalRowsByHouseholder(over: "model") },
  "householderFromStart": { try $0[0].orthonormalRowsByHouseholder(over: "model", from: $0[1].value) },
  "householderFromStart one": { try $0[0].orthonormalRowsByHouseholder(over: "model", from: $0[1].value) },
  "householderParameters": { Variable(try $0[0].value.householderParameters(over: "model")) },
  "householderParameters square": { Variable(try $0[0].value.householderParameters(over: "model")) },
  "householderParameters one": { Variable(try $0[0].value.householderParameters(over: "model")) },
]

@Test(arguments: TorchCase.all.keys.sorted())
func gradientsAreThoseOfTorch(_ name: String) throws {
  let test = try #require(TorchCase.all[name])
  let inputs = try test.inputs.map { Variable.leaf(try $0.tensor()) }
  if name == "power" { return try negativeBasesHaveNoDerivativeInTheExponent(test, inputs) }
  let function = try #require(functions[name], "no function for \(name)")
  let output = try function(inputs)
  try expectClose(output.value, test.value, "value")
  if test.gradients.isEmpty { return }
  let gradients = try output.backward(test.seed.tensor())
  for (input, expected) in zip(inputs, test.gradients) {
    try expectClose(try #require(gradients[input]), expected, "gradient")
  }
}

/// Where the base is negative the exponent gets NaN, as in torch, whose fixture leaves it out.
private func negativeBasesHaveNoDerivativeInTheExponent(_ test: TorchCase, _ inputs: [Variable]) throws {
  let output = try inputs[0].power(inputs[1])
  try expectClose(output.value, test.value, "value")
  let gradients = try output.backward(test.seed.tensor())
  try expectClose(try #require(gradients[inputs[0]]), test.gradients[0], "gradient of the base")
  let (found, expected) = (try #require(gradients[inputs[1]]).doubles(), test.gradients[1].values)
  for (i, base) in inputs[0].value.doubles().enumerated() {
    #expect(base < 0 ? found[i].isNaN : abs(found[i] - expected[i]) < 1e-11)
  }
}

/// Both sides do the same sums in double precision in another order; the matrices' condition numbers are below 100.
private func expectClose(_ found: Tensor, _ expected: TorchCase.StoredTensor, _ what: String) throws {
  #expect(found.shape == Shape(expected.axes.map(\.axis)), "\(what)")
  for (i, (a, b)) in zip(found.doubles(), expected.values).enumerated() {
    #expect(abs(a - b) <= 1e-11 * max(1, abs(b)), "\(what), element \(i)")
  }
}
