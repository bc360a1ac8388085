import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// MCS against torch's autograd, for the noise and each of the choices in scripts/fixtures/contribution.py.
///
/// A score is a sum of squares over thousands of f32 gradients, so the bound is relative: 1e-3.
@Suite struct ModalityContributionTests {
  private let sigma: Float = 4

  private func fixtureFile(_ name: String) throws -> Safetensors {
    try Safetensors(FileBytes(path: fixture(name).path))
  }

  private func model() throws -> (Model, Prompt) {
    let model = try Model.load(FileSource(folder: fixture("tinyllava").path))
    let parity = try fixtureFile("tinyllava/parity.safetensors")
    let pixels = try parity.tensor(named: "pixels", axes: ["channel", "row", "column"])
    let ids = try parity.tensor(named: "ids").integers()
    let geometry = ImageGeometry(originalWidth: 21, originalHeight: 21, width: 21, height: 21)
    let image = PreparedImage(pixels: pixels, geometry: geometry)
    return (model, try model.blueprint.prompt(ids: ids, images: [image]))
  }

  @Test(
    arguments: ModalityContribution.Noise.allCases,
    ModalityContribution.Order.allCases
  ) func torch(_ noise: ModalityContribution.Noise, _ order: ModalityContribution.Order) throws {
    let (model, prompt) = try model()
    let fixture = try fixtureFile("interventions/contribution.safetensors")
    for extent in ModalityContribution.Extent.allCases {
      var measure = ModalityContribution()
      (measure.sigmas, measure.noise, measure.order, measure.gradient) = ([sigma], noise, order, extent)
      let score = try measure.scores(model, [prompt], RunControl()) { place, count in
        let name = "noise/\(place.modality)/\(place.layer)/\(place.part)"
        let drawn = try fixture.tensor(named: name).floats()
        #expect(drawn.count == count)
        return drawn
      }
      let name = "\(noise.rawValue)/\(order.rawValue)/\(extent.rawValue)"
      for (found, modality) in [(score[0].image, "image"), (score[0].text, "text")] {
        let expected = try fixture.tensor(named: "\(name)/\(modality)").floats()[0]
        #expect(abs(found - expected) < 1e-3 * expected, "\(name)/\(modality): \(found), expected \(expected)")
      }
    }
  }

  /// A sample's score does not depend on what it is batched with, and is drawn from its place in the data set.
  @Test func batches() throws {
    let (model, prompt) = try model()
    let shorter = try model.blueprint.prompt(ids: [1, 11, 5, 40, 23])
    let measure = ModalityContribution()
    let key = RandomKey(seed: 3)
    let both = try measure(model, [prompt, shorter], first: 4, key: key)
    let alone = try measure(model, [shorter], first: 5, key: key)
    #expect(both[1].text == alone[0].text)
    #expect(both[1].image == 0)
    #expect(both[1].ratio == 0)
    #expect(try measure(model, [prompt], first: 5, key: key)[0].image != both[0].image)
  }
}
