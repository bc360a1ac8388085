import Checkpoints

/// `StableLmForCausalLM`: layer norms, a gated MLP, a quarter of each head turned; sequential or parallel.
enum StableLM {
  static let family = Family(
    decoder: "stablelm", configuration: { try decoder($0) }, places: { site, _ in Llama.names.places(site) })

  /// Absent fields have the values that `StableLmConfig` gives them.
  static func decoder(_ config: Field) throws -> DecoderConfiguration {
    let fields = try DecoderFields(
      config,
      .init(width: 2560, keyValueHeads: 32, hidden: 6912, vocabulary: 50304, maximumPositions: 4096))
    guard try !config["qk_layernorm"].bool(or: false) else {
      throw config["qk_layernorm"].mustBe("false; a norm for each head by itself is not supported")
    }
    let isParallel = try config["use_parallel_residual"].bool(or: false)
    let rotary = try RotaryConfiguration.read(fields, partial: 0.25)
    return DecoderConfiguration(
      layers: fields.layers,
      block: try fields.gatedBlock(
        norm: .layer, epsilon: 1e-5, queryKeyValueBias: config["use_qkv_bias"].bool(or: false),
        arrangement: isParallel ? .parallel : .sequential),
      rotaries: [rotary], vocabulary: fields.vocabulary, maximumPositions: fields.maximumPositions(rotary),
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: false))
  }
}
