import Checkpoints

/// `Qwen2ForCausalLM` (Qwen2, Qwen2.5): Llama with biases of queries, keys and values.
enum Qwen2 {
  static let family = Family(
    decoder: "qwen2", configuration: { try decoder($0) }, places: { site, _ in Llama.names.places(site) })

  static let defaults = DecoderFields.Defaults(hidden: 22016, vocabulary: 151_936, maximumPositions: 32768)

  /// Absent fields have the values that `Qwen2Config` gives them.
  static func decoder(_ config: Field, tiedEmbeddings: Bool? = nil) throws -> DecoderConfiguration {
    let fields = try DecoderFields(config, defaults)
    return try decoder(fields, fields.gatedBlock(queryKeyValueBias: true), tiedEmbeddings: tiedEmbeddings)
  }

  /// Qwen's pattern of windows around some block: none, or from `max_window_layers` on, or as `layer_types` says.
  static func decoder(
    _ fields: DecoderFields, _ block: BlockConfiguration, rotary: RotaryConfiguration? = nil, firstWindowed: Int = 28,
    tiedEmbeddings: Bool? = nil
  ) throws -> DecoderConfiguration {
    let config = fields.config
    let rotary = try rotary ?? RotaryConfiguration.read(fields)
    let uses = try config["use_sliding_window"].bool(or: false)
    let window = uses ? try fields.sharedWindow(or: 4096) : nil
    let first = try config["max_window_layers"].integer(in: 0..., or: firstWindowed)
    let windowed = try fields.windowed { window != nil && $0 >= first }
    return DecoderConfiguration(
      layers: fields.layers, block: block,
      pattern: windowed.map { LayerPattern(window: $0 ? window : nil, rotary: 0) }, rotaries: [rotary],
      vocabulary: fields.vocabulary, maximumPositions: fields.maximumPositions(rotary),
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: tiedEmbeddings ?? false))
  }
}
