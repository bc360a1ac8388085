import Checkpoints

/// `LlamaForCausalLM`: a decoder alone. LLaVA's decoder is read by the same functions.
enum Llama {
  static let modelTypes = ["llama"]
  static let family = Family(
    decoder: "llama", configuration: { try decoder($0) }, places: { site, _ in names.places(site) })

  /// Absent fields have the values that `LlamaConfig` gives them.
  static func decoder(_ config: Field, tiedEmbeddings: Bool? = nil) throws -> DecoderConfiguration {
    let fields = try DecoderFields(config, DecoderFields.Defaults())
    let bias = try config["attention_bias"].bool(or: false)
    let rotary = try RotaryConfiguration.read(fields)
    return DecoderConfiguration(
      layers: fields.layers,
      block: try fields.gatedBlock(
        queryKeyValueBias: bias, attentionOutputBias: bias, mlpBias: config["mlp_bias"].bool(or: false)),
      rotaries: [rotary], vocabulary: fields.vocabulary, maximumPositions: fields.maximumPositions(rotary),
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: tiedEmbeddings ?? false))
  }

  static let names = DecoderNames.llama()
}
