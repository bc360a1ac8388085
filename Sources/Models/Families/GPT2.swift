import Checkpoints

/// `GPT2LMHeadModel`: learned positions, layer norms, biases everywhere, and maps stored as `[input, output]`.
enum GPT2 {
  static let family = Family(
    decoder: "gpt2", configuration: { try decoder($0) }, places: { places($0, $1) }, drawsByDepth: true)

  /// Absent fields have the values that `GPT2Config` gives them.
  private static func decoder(_ config: Field) throws -> DecoderConfiguration {
    let width = try config["n_embd"].size(or: 768)
    let heads = try config["n_head"].size(or: 12)
    guard width % heads == 0 else { throw config["n_embd"].mustBe("a multiple of n_head, \(heads)") }
    for (name, expected) in [
      ("scale_attn_weights", true), ("scale_attn_by_inverse_layer_idx", false), ("add_cross_attention", false),
    ] where try config[name].bool(or: expected) != expected {
      throw config[name].mustBe("\(expected); the other is not supported")
    }
    let block = BlockConfiguration(
      width: width, heads: heads, keyValueHeads: heads, headSize: width / heads,
      hidden: try config["n_inner"].size(or: 4 * width), norm: .layer,
      epsilon: Float(try config["layer_norm_epsilon"].positive(or: 1e-5)),
      activation: try config["activation_function"].activation(or: "gelu_new"), gated: false, causal: true,
      queryKeyValueBias: true, attentionOutputBias: true, mlpBias: true)
    let positions = config[config["n_positions"].exists ? "n_positions" : "n_ctx"]
    return DecoderConfiguration(
      layers: try config["n_layer"].size(upTo: 4096, or: 12), block: block, rotaries: [],
      vocabulary: try config["vocab_size"].size(or: 50257), maximumPositions: try positions.size(or: 1024),
      learnedPositions: true, tiedEmbeddings: try config["tie_word_embeddings"].bool(or: true))
  }

  /// The first published files have no `transformer.` before their names.
  private static let names = DecoderNames(
    whole: [
      "embeddings": ["transformer.wte", "wte"], "embeddings.positions": ["transformer.wpe", "wpe"],
      "norm": ["transformer.ln_f", "ln_f"], "logits": ["lm_head"],
    ],
    layers: ["transformer.h.", "h."],
    blocks: [
      "attention.norm": "ln_1", "attention.query": "attn.c_attn", "attention.key": "attn.c_attn",
      "attention.value": "attn.c_attn", "attention.output": "attn.c_proj", "mlp.norm": "ln_2", "mlp.up": "mlp.c_fc",
      "mlp.down": "mlp.c_proj",
    ])

  private static func places(_ site: Site, _ decoder: DecoderConfiguration) -> [WeightPlace] {
    let part = WeightPlace.Part.attention(site.point, decoder.block)
    return names.names(site).map { WeightPlace($0, part: part, isTurned: site.layer != nil && site.point.isMap) }
  }
}
