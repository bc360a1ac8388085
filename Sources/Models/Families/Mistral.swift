import Checkpoints

/// `MistralForCausalLM`: Llama with a sliding window in every layer.
enum Mistral {
  static let family = Family(
    decoder: "mistral", configuration: { try decoder($0) }, places: { site, _ in Llama.names.places(site) })

  /// Absent fields have the values that `MistralConfig` gives them.
  static func decoder(_ config: Field) throws -> DecoderConfiguration {
    let fields = try DecoderFields(config, .init(keyValueHeads: 8, hidden: 14336, maximumPositions: 131_072))
    let rotary = try RotaryConfiguration.read(fields)
    return DecoderConfiguration(
      layers: fields.layers, block: try fields.gatedBlock(),
      pattern: fields.pattern(window: try fields.sharedWindow(or: 4096)),
      rotaries: [rotary], vocabulary: fields.vocabulary, maximumPositions: fields.maximumPositions(rotary),
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: false))
  }
}
