import Autodiff
import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// The low-rank edits against pyreft's own modules (scripts/fixtures/pyreft.py): what they give, and every gradient.
struct PyreftParityTests {
  private static let forms: [(LowRankEdit.Form, LowRankEdit.Activation)] = [
    (.mores, .identity), (.loreft, .identity), (.noreft, .identity), (.direft, .identity), (.consreft, .identity),
    (.loreft, .gelu), (.noreft, .gelu), (.direft, .gelu),
  ]

  @Test(arguments: forms.indices)
  func editsAreThoseOfPyreft(_ index: Int) throws {
    let (form, activation) = Self.forms[index]
    // LLaVA Steering's operator is LoReFT's equation.
    let name = (form == .mores ? "loreft" : form.rawValue) + (activation == .identity ? "" : " \(activation.rawValue)")
    let file = try Safetensors(
      FileBytes(path: fixture("pyreft/cases.safetensors").path, expected: "pyreft's results"))
    func found(_ key: String, _ axes: [String]) throws -> Tensor {
      try file.tensor(named: "\(name)/\(key)", axes: axes)
    }
    func matches(_ tensor: Tensor?, _ key: String, _ tolerance: Float = 2e-6) throws {
      let own = try #require(tensor)
      let expected = try found(key, own.shape.names)
      #expect(own.shape == expected.shape, "\(key)")
      let worst = zip(own.floats(), expected.floats()).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
      #expect(worst <= tolerance, "\(key): \(worst)")
    }

    let matrix = ["rank", "model"]
    let isOrthonormal = form != .noreft
    let edit = try LowRankEdit(form, rank: 3, activation: activation)
    let entry = SiteCatalog.Entry(
      Site(.decoder, layer: 0, .output), [SiteCatalog.Dimension("token"), SiteCatalog.Dimension("model", 12)])
    let h = Variable.leaf(try found("h", ["token", "model"]))
    var parameters = ["R": Variable.leaf(try found(isOrthonormal ? "R.seen" : "R", matrix))]
    if form != .consreft { parameters["W"] = Variable.leaf(try found("W", matrix)) }
    parameters["b"] = Variable.leaf(try found("b", ["rank"]))
    let prepared = try #require(edit.prepare(for: entry, parameters: parameters) as? any RowwiseOperator)
    let edited = try prepared.edit(h, strength: Variable(Tensor(1)), ordinals: Array(0..<7))
    let gradients = try edited.backward(found("seed", ["token", "model"]))

    // Sums of 12 products of numbers near 1, in another order.
    try matches(edited.value, "output")
    try matches(gradients[h], "h.gradient")
    for (key, variable) in parameters {
      try matches(gradients[variable], key == "R" && isOrthonormal ? "R.seen.gradient" : "\(key).gradient")
    }
    // The matrix that learns, from which R's rows are made.
    guard isOrthonormal else { return }
    let start = try found("R.start", matrix)
    let learned = TrainedParameter("R", start, constraint: .householder)
    let raw = Variable.leaf(try found("R", matrix))
    let seen = try learned.seen(raw, from: learned.origin())
    try matches(seen.value, "R.seen")
    try matches(seen.backward(found("R.seen.gradient", matrix))[raw], "R.gradient")
    let begun = try learned.seen(Variable(learned.raw()), from: learned.origin()).value
    #expect(zip(begun.floats(), start.floats()).allSatisfy { abs($0 - $1) < 1e-6 })
  }
}
