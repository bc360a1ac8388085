import Checkpoints

/// `Gemma3ForCausalLM`, the text model: Gemma 2 with norms of queries and keys in place of the caps, a window in five
/// layers of six, and a rotary embedding of its own for each kind of layer.
enum Gemma3 {
  static let family = Family(
    decoder: "gemma3_text", configuration: { try decoder($0) }, places: { site, _ in names.places(site) })

  /// Absent fields have the values that `Gemma3TextConfig` gives them.
  private static func decoder(_ config: Field) throws -> DecoderConfiguration {
    let fields = try DecoderFields(config, Gemma2.defaults(vocabulary: 262_208, positions: 131_072))
    guard !config["attn_logit_softcapping"].exists else {
      throw config["attn_logit_softcapping"].mustBe("null; Gemma 3 does not cap scores")
    }
    let window = try fields.sharedWindow(or: 4096)
    let every = try config["sliding_window_pattern"].integer(in: 1..., or: 6)
    let windowed = try fields.windowed { ($0 + 1) % every != 0 }
    let (whole, local) = try rotaries(fields)
    return DecoderConfiguration(
      layers: fields.layers, block: try Gemma2.block(fields, softcap: nil, queryKeyNorm: true),
      pattern: windowed.map { LayerPattern(window: $0 ? window : nil, rotary: $0 ? 1 : 0) }, rotaries: [whole, local],
      vocabulary: fields.vocabulary, maximumPositions: fields.maximumPositions(whole), scalesEmbeddings: true,
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: true),
      logitSoftcap: try Gemma2.softcap(config["final_logit_softcapping"], or: nil))
  }

  /// Of layers that see everything, and of those with a window. Since transformers 5 each has its parameters; before, the
  /// scaling was for the former alone.
  private static func rotaries(
    _ fields: DecoderFields
  ) throws -> (whole: RotaryConfiguration, local: RotaryConfiguration) {
    let config = fields.config
    let (base, localBase) = (
      try config["rope_theta"].positive(or: 1_000_000), try config["rope_local_base_freq"].positive(or: 10000)
    )
    let parameters = config["rope_parameters"]
    return (
      try .read(fields, parameters.exists ? parameters["full_attention"] : config["rope_scaling"], base: base),
      try .read(fields, parameters["sliding_attention"], base: localBase)
    )
  }

  private static let names = DecoderNames.llama(
    adding: Gemma2.sandwich.merging([
      "attention.query.norm": "self_attn.q_norm", "attention.key.norm": "self_attn.k_norm",
    ]) { $1 })
}
