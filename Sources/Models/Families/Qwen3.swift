import Checkpoints

/// `Qwen3ForCausalLM`: Qwen2 with norms of each head's queries and keys in place of biases.
enum Qwen3 {
  static let family = Family(
    decoder: "qwen3", configuration: { try decoder($0) }, places: { site, _ in names.places(site) })

  /// Absent fields have the values that `Qwen3Config` gives them.
  static func decoder(_ config: Field) throws -> DecoderConfiguration {
    var defaults = Qwen2.defaults
    (defaults.keyValueHeads, defaults.headSize) = (32, 128)
    let fields = try DecoderFields(config, defaults)
    let bias = try config["attention_bias"].bool(or: false)
    return try Qwen2.decoder(
      fields, fields.gatedBlock(queryKeyValueBias: bias, attentionOutputBias: bias, queryKeyNorm: true))
  }

  static let names = DecoderNames.llama(adding: [
    "attention.query.norm": "self_attn.q_norm", "attention.key.norm": "self_attn.k_norm",
  ])
}
