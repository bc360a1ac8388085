import Checkpoints

/// `Phi3ForCausalLM` (Phi-3, Phi-3.5, Phi-4): Llama whose checkpoints keep queries, keys and values in one tensor, and
/// gate and up in another.
enum Phi3 {
  static let family = Family(
    decoder: "phi3", configuration: { try decoder($0) }, places: { places($0, $1) })

  /// Absent fields have the values that `Phi3Config` gives them.
  static func decoder(_ config: Field) throws -> DecoderConfiguration {
    let fields = try DecoderFields(
      config, .init(width: 3072, hidden: 8192, vocabulary: 32064, maximumPositions: 4096))
    let rotary = try RotaryConfiguration.read(fields)
    return DecoderConfiguration(
      layers: fields.layers, block: try fields.gatedBlock(epsilon: 1e-5),
      pattern: fields.pattern(window: try fields.sharedWindow()), rotaries: [rotary],
      vocabulary: fields.vocabulary, maximumPositions: fields.maximumPositions(rotary),
      tiedEmbeddings: try config["tie_word_embeddings"].bool(or: false))
  }

  private static func places(_ site: Site, _ decoder: DecoderConfiguration) -> [WeightPlace] {
    guard site.stack == .decoder, let layer = site.layer else { return Llama.names.places(site) }
    let block = decoder.block
    return
      switch site.point
    {
    case .queryWeight, .keyWeight, .valueWeight:
      [WeightPlace("model.layers.\(layer).self_attn.qkv_proj.weight", part: .attention(site.point, block))]
    case .gateWeight:
      [
        WeightPlace(
          "model.layers.\(layer).mlp.gate_up_proj.weight",
          part: .init(outputs: 0..<block.hidden, count: 2 * block.hidden))
      ]
    case .upWeight:
      [
        WeightPlace(
          "model.layers.\(layer).mlp.gate_up_proj.weight",
          part: .init(outputs: block.hidden..<2 * block.hidden, count: 2 * block.hidden))
      ]
    default: Llama.names.places(site)
    }
  }
}

extension WeightPlace.Part {
  /// Queries, keys and values one under another, weight or bias; nil for other points.
  static func attention(_ point: Site.Point, _ block: BlockConfiguration) -> WeightPlace.Part? {
    let (query, shared) = (block.queryWidth, block.keyValueWidth)
    let outputs: Range<Int>
    switch point {
    case .queryWeight, .queryBias: outputs = 0..<query
    case .keyWeight, .keyBias: outputs = query..<query + shared
    case .valueWeight, .valueBias: outputs = query + shared..<query + 2 * shared
    default: return nil
    }
    return WeightPlace.Part(outputs: outputs, count: query + 2 * shared)
  }
}
