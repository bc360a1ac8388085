import Checkpoints
@testable import Models
import Tensors
import TestSupport
import Testing

/// Weights as places: each is where its name says, and a new value for one changes that one only.
@Suite struct WeightTests {
  @Test func everyStoredWeightIsASite() throws {
    for model in [try TestModels.minivlm(), try TestModels.tiny("tinyllava"), try TestModels.tiny("tinyllama")] {
      let sites = model.configuration.weightSites
      #expect(model.weights.map(\.site) == sites)
      #expect(Set(sites).count == sites.count && Set(sites.map(\.path)).count == sites.count)
      for site in sites {
        let axes = try #require(model.configuration.weightAxes(of: site))
        #expect(try model.weight(at: site).shape == Shape(axes.map { Axis($0.name, $0.size) }), "\(site.path)")
        #expect(!model.configuration.has(site))
      }
      let others = model.others.reduce(0) { $0 + $1.tensor.count }
      #expect(model.configuration.weightCount + others == model.parameterCount)
    }
    let unread = try TestModels.minivlm().others.map(\.name).sorted()
    let norm = "vision_tower.vision_model.post_layernorm"
    #expect(unread == ["\(norm).bias", "\(norm).weight"])
  }

  /// The checkpoint with one tensor changed and the model with that weight replaced are the same model, for every
  /// weight: so every site is the tensor that the family calls so, and replacing puts it where loading does.
  @Test(arguments: ["tinyllava", "tinyllama"])
  func replacingIsLoadingAnotherFile(_ name: String) throws {
    let model = try TestModels.tiny(name)
    let folder = try ModelFolder(name)
    let prompt =
      try name == "tinyllava" ? TinyPrompts().one : model.blueprint.prompt(ids: [1, 11, 5, 30, 23])
    let plain = try model.logits(prompt).bits
    var moved = 0
    for site in model.configuration.weightSites {
      let own = try #require(model.weights.first { $0.site == site }).weight
      let changed = own.tensor.perturbed
      let file = try Safetensors(FileSource(folder: fixture(name).path))
      let tensors = try file.entries.map { entry in
        (name: entry.name, tensor: entry.name == own.name ? changed : try file.tensor(named: entry.name))
      }
      try Safetensors.write(tensors, to: folder.url.appendingPathComponent("model.safetensors").path)
      let loaded = try Model.load(folder.source)
      let replaced = try model.replacing([site: changed])
      let bits = try replaced.logits(prompt).bits
      #expect(try loaded.logits(prompt).bits == bits, "\(site.path)")
      #expect(replaced.fingerprint == loaded.fingerprint && replaced.fingerprint != model.fingerprint)
      if bits != plain { moved += 1 }
    }
    // All of them matter but the blocks after the features and, for a softmax, the bias of the keys.
    let idle = model.configuration.weightSites.filter { site in
      guard let layer = site.layer, site.stack == .vision, let vision = model.configuration.vision else { return false }
      return layer >= vision.usedLayers
    }.count
    #expect(moved >= model.configuration.weightSites.count - idle - 6 && moved > 20)
    #expect(try model.logits(prompt).bits == plain)
  }

  @Test func otherWeightsAreShared() throws {
    let model = try TestModels.minivlm()
    let site = Site(.decoder, layer: 2, .upWeight)
    let replaced = try model.replacing([site: model.weight(at: site).perturbed])
    for (own, its) in zip(model.weights, replaced.weights) {
      #expect((own.weight.pointer == its.weight.pointer) == (own.site != site), "\(own.site.path)")
    }
    #expect(replaced.weights.first { $0.site == site }?.weight.stored == .f16)
    #expect(replaced.dtype == .f16 && replaced.parameterCount == model.parameterCount)
  }

  @Test func wideningAWeightChangesNoBit() throws {
    let model = try TestModels.minivlm()
    let prompt = try model.blueprint.prompt(images: [PreparedImage](), text: "what is two plus two ?")
    let plain = try model.logits(prompt).bits
    var wide: [Site: Tensor] = [:]
    for site in model.configuration.weightSites { wide[site] = try model.weight(at: site).to(.f32) }
    #expect(try model.replacing(wide).logits(prompt).bits == plain)
    let norm = Site(.vision, layer: 0, .attentionNormBias)
    let half = try model.replacing([norm: try #require(wide[norm])])
    #expect(half.visionTower?.blocks[0].attentionNorm.scale.tensor.dtype == .f32)
  }

  @Test func tiedEmbeddingsAreOneWeight() throws {
    let model = try TestModels.tiny("tinyllava")
    let (table, output) = (Site(.decoder, .embeddingsWeight), Site(.decoder, .logitsWeight))
    #expect(!model.configuration.weightSites.contains(output))
    let new = try model.weight(at: output).perturbed
    let (first, second) = (try model.replacing([table: new]), try model.replacing([output: new]))
    #expect(first.fingerprint == second.fingerprint)
    #expect(first.decoder.output.weight.pointer == first.decoder.embedding.pointer)
    let error = try #require(throws: ModelError.self) { try model.replacing([table: new, output: new]) }
    #expect("\(error)".contains("give one of them"))
  }

  @Test func axesMayComeInAnotherOrder() throws {
    let model = try TestModels.minivlm()
    let site = Site(.decoder, layer: 0, .downWeight)
    let own = try model.weight(at: site).to(.f32)
    let turned = try model.replacing([site: own.reorder(["input", "output"])])
    #expect(try turned.weight(at: site).bits == own.bits)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let model = try TestModels.minivlm()
    let site = Site(.decoder, layer: 0, .queryWeight)
    func refusal(_ values: [Site: Tensor]) throws -> String {
      "\(try #require(throws: ModelError.self) { try model.replacing(values) })"
    }
    let row = Tensor(Shape([Axis("model", 96)])) { $0.update(repeating: 0) }
    #expect(
      try refusal([site: row])
        == "the weight layers[0].attention.query.weight has the sizes [96, 96]; it cannot be replaced by f32 of the sizes [96]"
    )
    #expect(try refusal([Site(.decoder, layer: 6, .queryWeight): row]).contains("has no weight layers[6]"))
    #expect(try refusal([Site(.decoder, layer: 0, .queryBias): row]).contains("has no weight"))
    #expect(try refusal([Site(.decoder, layer: 0, .query): row]).contains("a point of the forward pass"))
    let norm = Site(.decoder, layer: 0, .attentionNormWeight)
    #expect(throws: ModelError.weightIsNoActivation(norm)) {
      let prompt = try model.blueprint.prompt(ids: [1, 2])
      try model.forward([prompt], listener: Recorder([norm]))
    }
  }

  /// Counted by hand from the architectures.
  @Test func phiIsCounted() throws {
    let folder = try ModelFolder("tinyllama")
    let config = """
      {"model_type": "phi", "vocab_size": 51200, "hidden_size": 2560, "intermediate_size": 10240,
       "num_hidden_layers": 32, "num_attention_heads": 32}
      """
    try config.write(to: folder.url.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
    #expect(try ModelConfiguration(Field(folder.source.bytes(of: "config.json"))).weightCount == 2_779_683_840)
  }
}

extension Tensor {
  /// The same with every element moved a little, in f32.
  fileprivate var perturbed: Tensor {
    let wide = to(.f32)
    return Tensor(wide.shape) { out in
      for (index, value) in wide.floats.enumerated() { out[index] = value * 1.25 + Float(index % 7 - 3) / 32 }
    }
  }
}
