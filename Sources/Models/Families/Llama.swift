import Checkpoints

/// `LlamaForCausalLM`: a decoder alone. LLaVA's decoder is read by the same functions.
enum Llama {
  static let modelTypes = ["llama"]
  static let family = Family(
    modelTypes: modelTypes, template: .plain,
    configuration: { ModelConfiguration(family: "llama", decoder: try decoder($0)) },
    names: { site in decoderName(site).map { [$0] } ?? [] })

  /// Absent fields have the values that `LlamaConfig` gives them; published configurations leave many out.
  static func decoder(_ config: Field, tiedEmbeddings: Bool? = nil) throws -> DecoderConfiguration {
    let width = try config["hidden_size"].size(or: 4096)
    let heads = try config["num_attention_heads"].size(or: 32)
    let shared = try config["num_key_value_heads"].size(or: heads)
    guard heads % shared == 0 else {
      throw config["num_key_value_heads"].mustBe("a divisor of num_attention_heads, \(heads)")
    }
    if !config["head_dim"].exists, width % heads != 0 {
      throw config["hidden_size"].mustBe("a multiple of num_attention_heads, \(heads), where head_dim is absent")
    }
    let headSize = try config["head_dim"].size(or: max(width / heads, 1))
    guard headSize % 2 == 0 else { throw config["head_dim"].mustBe("even, for rotary embedding") }
    let block = BlockConfiguration(
      width: width, heads: heads, keyValueHeads: shared, headSize: headSize,
      hidden: try config["intermediate_size"].size(or: 11008), norm: .rms,
      epsilon: Float(try config["rms_norm_eps"].positive(or: 1e-6)),
      activation: try config["hidden_act"].activation(or: "silu"), gated: true, causal: true,
      attentionBias: try config["attention_bias"].bool(or: false), mlpBias: try config["mlp_bias"].bool(or: false))
    return DecoderConfiguration(
      layers: try config["num_hidden_layers"].size(upTo: 4096, or: 32), block: block,
      vocabulary: try config["vocab_size"].size(or: 32000),
      maximumPositions: try config["max_position_embeddings"].size(or: 2048), rotary: try rotary(config),
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: tiedEmbeddings ?? false))
  }

  /// `rope_parameters` since transformers 5; before, `rope_theta` beside an optional `rope_scaling`.
  private static func rotary(_ config: Field) throws -> RotaryConfiguration {
    let scaling = config[config["rope_parameters"].exists ? "rope_parameters" : "rope_scaling"]
    let base = try scaling["rope_theta"].positive(or: config["rope_theta"].positive(or: 10000))
    let kind = scaling[scaling["rope_type"].exists ? "rope_type" : "type"]
    switch try kind.string(or: "default") {
    case "default": return RotaryConfiguration(base: base)
    case "linear": return RotaryConfiguration(base: base, scaling: .linear(factor: try scaling["factor"].positive()))
    case "llama3":
      let low = try scaling["low_freq_factor"].positive()
      let high = try scaling["high_freq_factor"].positive()
      guard high > low else { throw scaling["high_freq_factor"].mustBe("larger than low_freq_factor, \(low)") }
      let original = try scaling["original_max_position_embeddings"].size()
      return RotaryConfiguration(
        base: base,
        scaling: .llama3(factor: try scaling["factor"].positive(), low: low, high: high, originalPositions: original))
    default: throw kind.mustBe("default, linear or llama3")
    }
  }

  /// The tensor names of `LlamaForCausalLM`, nil for weights that a decoder does not have.
  static func decoderName(_ site: Site) -> String? {
    let module = site.point.module
    let name: String? =
      switch (site.stack, module.name) {
      case (.decoder, "embeddings"): "model.embed_tokens"
      case (.decoder, "norm"): "model.norm"
      case (.decoder, "logits"): "lm_head"
      case (.decoder, _): site.layer.flatMap { layer in blockNames[module.name].map { "model.layers.\(layer)." + $0 } }
      default: nil
      }
    return name.map { $0 + "." + module.parameter }
  }

  private static let blockNames = [
    "attention.norm": "input_layernorm", "attention.query": "self_attn.q_proj", "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj", "attention.output": "self_attn.o_proj",
    "mlp.norm": "post_attention_layernorm", "mlp.gate": "mlp.gate_proj", "mlp.up": "mlp.up_proj",
    "mlp.down": "mlp.down_proj",
  ]
}
