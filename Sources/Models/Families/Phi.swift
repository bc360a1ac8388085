import Checkpoints

/// `PhiForCausalLM` (Phi-1.5, Phi-2): only its configuration, so that its parameters can be counted.
enum Phi {
  static let family = Family(
    modelTypes: ["phi"], template: .plain, runs: false, configuration: { try configuration($0) }, names: { _ in [] })

  /// Absent fields have the values that `PhiConfig` gives them.
  private static func configuration(_ config: Field) throws -> ModelConfiguration {
    let width = try config["hidden_size"].size(or: 2048)
    let heads = try config["num_attention_heads"].size(or: 32)
    let shared = try config["num_key_value_heads"].size(or: heads)
    guard width % heads == 0 else {
      throw config["hidden_size"].mustBe("a multiple of num_attention_heads, \(heads)")
    }
    guard heads % shared == 0 else {
      throw config["num_key_value_heads"].mustBe("a divisor of num_attention_heads, \(heads)")
    }
    let block = BlockConfiguration(
      width: width, heads: heads, keyValueHeads: shared, headSize: width / heads,
      hidden: try config["intermediate_size"].size(or: 8192), norm: .layer,
      epsilon: Float(try config["layer_norm_eps"].positive(or: 1e-5)),
      activation: try config["hidden_act"].activation(or: "gelu_new"), gated: false, causal: true, attentionBias: true,
      mlpBias: true, parallel: true)
    return ModelConfiguration(
      family: "phi",
      decoder: DecoderConfiguration(
        layers: try config["num_hidden_layers"].size(upTo: 4096, or: 24), block: block,
        vocabulary: try config["vocab_size"].size(or: 51200),
        maximumPositions: try config["max_position_embeddings"].size(or: 2048),
        rotary: RotaryConfiguration(base: try config["rope_theta"].positive(or: 10000)),
        tiedEmbeddings: try config["tie_word_embeddings"].bool(or: false), outputBias: true))
  }
}
