import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// Derivatives of a score against torch's autograd (scripts/fixtures/attribution.py), relative to the largest entry.
@Suite struct AttributionTests {
  private let score = AnswerScore(token: 20, against: 7, kind: .logProbability)

  private func fixtureFile(_ name: String) throws -> Safetensors {
    try Safetensors(FileBytes(path: fixture(name).path))
  }

  private func prompts() throws -> (model: Model, prompt: Prompt, other: Prompt) {
    let model = try Model.load(FileSource(folder: fixture("tinyllava").path))
    let parity = try fixtureFile("tinyllava/parity.safetensors")
    let pixels = try parity.tensor(named: "pixels", axes: ["channel", "row", "column"])
    let geometry = ImageGeometry(originalWidth: 21, originalHeight: 21, width: 21, height: 21)
    let image = PreparedImage(pixels: pixels, geometry: geometry)
    let ids = try parity.tensor(named: "ids").integers()
    var others = ids
    others[others.count - 4] = 9
    return (
      model, try model.blueprint.prompt(ids: ids, images: [image]),
      try model.blueprint.prompt(ids: others, images: [image])
    )
  }

  private func compare(_ found: Tensor?, _ name: String) throws {
    let expected = try fixtureFile("interventions/attribution.safetensors").tensor(named: name)
    let found = try #require(found)
    #expect(found.shape.sizes == expected.shape.sizes, "\(name)")
    let scale = expected.floats().map(abs).max() ?? 0
    let error = zip(found.floats(), expected.floats()).map { abs($0 - $1) }.max() ?? .infinity
    #expect(error < 1e-4 * scale, "\(name) differs by \(error) of \(scale)")
  }

  @Test func saliency() throws {
    let (model, prompt, _) = try prompts()
    try compare(model.saliency(prompt, of: score), "saliency")
  }

  @Test func integratedGradients() throws {
    let (model, prompt, _) = try prompts()
    try compare(model.integratedGradients(prompt, of: score, steps: 8).attribution, "integrated")
    // The attributions add up to the difference of the scores, the better the more steps there are.
    let (coarse, fine) = (
      try model.integratedGradients(prompt, of: score, steps: 4),
      try model.integratedGradients(prompt, of: score, steps: 64)
    )
    #expect(abs(fine.error) < 6e-2)
    #expect(abs(fine.error) < abs(coarse.error))
  }

  @Test func attributionPatching() throws {
    let (model, prompt, other) = try prompts()
    let (output, mixed) = (Site(.decoder, layer: 1, .output), Site(.decoder, layer: 1, .mixed))
    let found = try model.attributionPatching(prompt, from: other, at: [output, mixed], of: score)
    try compare(found[output], "patching/output")
    try compare(found[mixed], "patching/mixed")
    let shorter = try model.blueprint.prompt(ids: [1, 11, 5])
    #expect(throws: InterventionError.self) {
      try model.attributionPatching(prompt, from: shorter, at: [output], of: score)
    }
  }

  /// What nothing reads has a derivative of zero, and attention weights have one too.
  @Test func sensitivities() throws {
    let (model, prompt, _) = try prompts()
    let sites = [Site(.decoder, layer: 2, .output), Site(.decoder, layer: 0, .weights)]
    let found = try model.sensitivities(prompt, at: sites, of: score)
    let last = try #require(found[sites[0]]).gradient
    #expect(try last.select("token", .range(0..<prompt.ids.count - 1)).abs().sum().item() == 0)
    #expect(try #require(found[sites[1]]).gradient.abs().sum().item() > 0)
  }
}
