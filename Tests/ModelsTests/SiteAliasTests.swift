import Models
import TestSupport
import Testing

/// Names of other libraries: each resolves to the site where the same numbers lie, or says why there is none.
@Suite struct SiteAliasTests {
  private func path(_ name: String, _ family: String) throws -> String {
    try Site(named: name, in: FamilyFixture.model(family).configuration).path
  }

  private func refusal(_ name: String, _ family: String) throws -> String {
    let configuration = try FamilyFixture.model(family).configuration
    return "\(try #require(throws: ModelError.self) { try Site(named: name, in: configuration) })"
  }

  @Test(arguments: [
    ("blocks.1.hook_resid_pre", "layers[1].input"), ("blocks.1.hook_resid_mid", "layers[1].residual"),
    ("blocks.1.hook_resid_post", "layers[1].output"), ("blocks.0.attn.hook_z", "layers[0].attention.mixed"),
    ("blocks.0.attn.hook_pattern", "layers[0].attention.weights"), ("hook_embed", "embeddings"),
    ("blocks.0.attn.hook_rot_q", "layers[0].attention.query"), ("blocks.1.mlp.hook_post", "layers[1].mlp.hidden"),
    ("model.layers.1", "layers[1].output"), ("model.layers[1].output", "layers[1].output"),
    ("model.layers.1.input", "layers[1].input"), ("model.layers.1.mlp", "layers[1].mlp.output"),
    ("model.layers.1.self_attn.o_proj", "layers[1].attention.output"), ("model.norm", "norm"), ("lm_head", "logits"),
    ("layer.1.block_output", "layers[1].output"),
    ("layer.0.head_attention_value_output", "layers[0].attention.mixed"),
    ("layer.0.value_output", "layers[0].attention.value"), (".layers[1].mlp.hidden", "layers[1].mlp.hidden"),
    ("layers[0].attention.key", "layers[0].attention.key"), ("logits", "logits"),
  ])
  func ofADecoder(_ name: String, _ expected: String) throws { #expect(try path(name, "mistral") == expected) }

  @Test func ofOtherFamilies() throws {
    #expect(try path("transformer.h.1.attn", "gpt2") == "layers[1].attention.output")
    #expect(try path("transformer.drop", "gpt2") == "embeddings")
    #expect(try path("layer.0.mlp_activation", "gpt2") == "layers[0].mlp.hidden")
    #expect(try path("blocks.0.attn.hook_q", "gpt2") == "layers[0].attention.query")
    #expect(try path("model.layers.0.self_attn.dense", "phi") == "layers[0].attention.output")
    #expect(try path("blocks.0.hook_attn_out", "gemma2") == "layers[0].attention.output")
    let llava = try TestModels.tiny("tinyllava").configuration
    for (name, expected) in [
      ("vision_tower.vision_model.encoder.layers.2.mlp", "vision.layers[2].mlp.output"),
      ("multi_modal_projector", "projector.output"), ("language_model.model.layers.0", "layers[0].output"),
      ("model.language_model.layers.0.self_attn", "layers[0].attention.output"),
    ] { #expect(try Site(named: name, in: llava).path == expected) }
  }

  @Test func whatIsNoSite() throws {
    #expect(
      try refusal("blocks.0.attn.hook_q", "mistral")
        == "\"blocks.0.attn.hook_q\" is no site of this model: what it names comes before the rotary embedding, which our "
        + "site is after; the nearest is .layers[0].attention.query")
    #expect(try refusal("model.layers.0.mlp", "gemma3").contains("what that norm adds to the residual stream"))
    #expect(try refusal("layer.1.mlp_activation", "qwen2").contains("the gate times what goes up"))
    #expect(try refusal("hook_embed", "gpt2").contains("before positions are added"))
    #expect(try refusal("lm_head", "gemma2").contains("before the logits are capped"))
    #expect(try refusal("blocks.2.hook_resid_post", "mistral") == "the model has no site layers[2].output")
    #expect(try refusal("multi_modal_projector", "mistral") == "the model has no site projector.output")
    for name in ["blocks.0.hook_q_input", "", ".", "layers", "blocks.#.hook_resid_post", "model.layers.-1", "1"] {
      #expect(try refusal(name, "mistral").contains("is neither a site nor a known name"), "\(name)")
    }
  }

  /// Numbers, not only names: what transformers' modules give is what lies at the sites that they are called by.
  @Test func namesOfModulesAreTheirOutputs() throws {
    let (model, fixture) = (try FamilyFixture.model("gpt2"), try FamilyFixture.parity("gpt2"))
    let seen = try activations(model, [FamilyFixture.prompt("a", "gpt2", model)])
    let site = try Site(named: "transformer.h.1", in: model.configuration)
    #expect(try difference(#require(seen[site]).floats, fixture.floats("a/layers[1].output")) < 2e-4)
  }

  @Test func everyNameIsOne() {
    #expect(Set(SiteAlias.all.map(\.name)).count == SiteAlias.all.count)
  }
}
