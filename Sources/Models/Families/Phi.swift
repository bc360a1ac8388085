import Checkpoints

/// `PhiForCausalLM` (Phi-1, Phi-1.5, Phi-2): attention and MLP side by side behind one norm, part of each head turned,
/// biases everywhere.
enum Phi {
  static let family = Family(
    decoder: "phi", configuration: { try decoder($0) }, places: { site, _ in names.places(site) })

  /// Absent fields have the values that `PhiConfig` gives them.
  static func decoder(_ config: Field, tiedEmbeddings: Bool? = nil) throws -> DecoderConfiguration {
    let fields = try DecoderFields(config, .init(layers: 24, width: 2048, hidden: 8192, vocabulary: 51200))
    guard try !config["qk_layernorm"].bool(or: false) else {
      throw config["qk_layernorm"].mustBe("false; norms of queries and keys are not supported here")
    }
    let block = BlockConfiguration(
      width: fields.width, heads: fields.heads, keyValueHeads: fields.keyValueHeads, headSize: fields.headSize,
      hidden: fields.hidden, norm: .layer, epsilon: Float(try config["layer_norm_eps"].positive(or: 1e-5)),
      activation: try config["hidden_act"].activation(or: "gelu_new"), gated: false, causal: true,
      queryKeyValueBias: true, attentionOutputBias: true, mlpBias: true, arrangement: .parallel)
    let rotary = try RotaryConfiguration.read(fields, partial: 0.5)
    return DecoderConfiguration(
      layers: fields.layers, block: block, rotaries: [rotary], vocabulary: fields.vocabulary,
      maximumPositions: fields.maximumPositions(rotary),
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: tiedEmbeddings ?? false), outputBias: true)
  }

  static let names = DecoderNames.llama(
    adding: ["attention.output": "self_attn.dense", "mlp.up": "mlp.fc1", "mlp.down": "mlp.fc2"],
    norm: "final_layernorm")
}
