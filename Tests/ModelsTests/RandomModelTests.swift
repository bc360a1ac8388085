import Checkpoints
import Foundation
@testable import Models
import Tensors
import TestSupport
import Testing

/// Models made from a configuration alone.
@Suite struct RandomModelTests {
  private static let key = RandomKey(seed: 7)

  /// transformers' own draws of the same configuration (scripts/fixtures/initialisation.py). A deviation estimated from n
  /// draws is off by a part of 1/√(2n), a mean by deviation/√n; six of those, from both sides, and nothing is by chance.
  @Test func drawsAreDistributedAsInTransformers() throws {
    let model = try Model.random(TestModels.minivlmSource, key: Self.key)
    let file = try Field(FileBytes(path: fixture("initialisation/statistics.json").path))
    func reference(_ name: String) throws -> Field {
      let names = [
        name, "model." + name.replacingOccurrences(of: "vision_model.", with: ""),
        name.replacingOccurrences(of: "language_model.model.", with: "model.language_model."),
        name.replacingOccurrences(of: "language_model.lm_head", with: "lm_head"),
      ]
      return file[try #require(names.first { file[$0].exists })]
    }
    let drawn = model.weights.map { ($0.weight.name, $0.weight.tensor) } + model.others.map { ($0.name, $0.tensor) }
    #expect(try drawn.count == file.object().count)
    for (name, tensor) in drawn {
      let expected = try reference(name)
      let (count, mean) = (Double(tensor.count), try expected["mean"].number())
      let deviation = try expected["deviation"].number()
      #expect(try tensor.count == expected["count"].integer(), "\(name)")
      let values = tensor.floats.map(Double.init)
      let ownMean = values.reduce(0, +) / count
      let own = (values.reduce(0) { $0 + ($1 - ownMean) * ($1 - ownMean) } / count).squareRoot()
      #expect(abs(own - deviation) <= 6 * deviation / count.squareRoot(), "\(name): \(own), not \(deviation)")
      #expect(abs(ownMean - mean) <= 6 * 2 * deviation / count.squareRoot(), "\(name)")
      #expect(deviation == 0 ? values.allSatisfy { $0 == mean } : true, "\(name)")
    }
    #expect(try model.weight(at: Site(.decoder, .embeddingsWeight)).floats.prefix(96).allSatisfy { $0 == 0 })
  }

  @Test func equalKeysGiveEqualModels() throws {
    let folder = try ModelFolder("tinyllava")
    try folder.remove("model.safetensors")
    let model = try Model.random(folder.source, key: Self.key)
    let again = try Model.random(folder.source, key: Self.key)
    let other = try Model.random(folder.source, key: RandomKey(seed: 8))
    #expect(model.fingerprint == again.fingerprint && model.fingerprint != other.fingerprint)
    #expect(model.dtype == .f32 && model.configuration.decoder.tiedEmbeddings)
    let tiny = try TinyPrompts()
    #expect(try model.logits(tiny.one).bits == again.logits(tiny.one).bits)
    #expect(try model.logits(tiny.one).floats.allSatisfy(\.isFinite))
    #expect(model.origin == folder.url.path + ", random weights")
  }
}
