import Checkpoints
import TestSupport
import Testing

@testable import Models

@Suite struct ModuleNamesTests {
  private func names(_ path: String) throws -> ModuleNames {
    ModuleNames(try Blueprint(FileSource(folder: fixture(path).path)))
  }

  /// Every weight of a family has a name, and that name means it.
  @Test(arguments: [
    "families/phi", "families/phi3", "families/gpt2", "families/gemma3", "families/qwen2", "families/stablelm",
    "tinyllama",
    "tinyllava",
  ]) func everyWeightHasANameThatMeansIt(_ path: String) throws {
    let blueprint = try Blueprint(FileSource(folder: fixture(path).path))
    let names = ModuleNames(blueprint)
    for site in blueprint.configuration.weightSites {
      let name = try #require(names.name(of: site), "\(site.path)")
      let meaning = try #require(names.meaning(of: name), "\(name)")
      #expect(meaning.parts.contains { $0.site == site }, "\(name)")
      #expect(meaning.completed == nil)
    }
  }

  @Test func severalWeightsOfOneModuleComeInTheirOrder() throws {
    let fused = try #require(try names("families/phi3").meaning(of: "model.layers.1.self_attn.qkv_proj.weight"))
    #expect(fused.parts.map(\.site.point) == [.queryWeight, .keyWeight, .valueWeight])
    #expect(fused.parts.map(\.outputs) == [0..<36, 36..<48, 48..<60])
    #expect(fused.parts.allSatisfy { $0.count == 60 && !$0.isTurned })
    let turned = try #require(try names("families/gpt2").meaning(of: "transformer.h.0.mlp.c_fc.weight"))
    #expect(turned.parts.map(\.site.point) == [.upWeight])
    #expect(turned.parts[0].isTurned)
  }

  @Test func namesOfAllTimesAreKnown() throws {
    let own = try names("tinyllava")
    let query = Site(.decoder, layer: 0, .queryWeight)
    for name in [
      "model.language_model.layers.0.self_attn.q_proj.weight", "language_model.model.layers.0.self_attn.q_proj.weight",
      "model.layers.0.self_attn.q_proj.weight",
    ] {
      #expect(own.meaning(of: name)?.parts.map(\.site) == [query], "\(name)")
    }
    #expect(own.meaning(of: "model.layers.0.self_attn.q_proj.weight")?.completed != nil)
    // Both stacks have such an end, so it means neither.
    #expect(own.meaning(of: "layers.0.self_attn.q_proj.weight") == nil)
    #expect(own.meaning(of: "q_proj.weight") == nil)
    #expect(own.name(of: query) == "model.language_model.layers.0.self_attn.q_proj.weight")
  }
}
