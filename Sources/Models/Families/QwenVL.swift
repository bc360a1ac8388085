import Checkpoints

/// `Qwen2VLForConditionalGeneration` and `Qwen2_5_VLForConditionalGeneration`: Qwen2 with M-RoPE behind a vision tower
/// that takes pictures of any size, two by two patches to a position.
enum QwenVL {
  static let qwen2 = family("qwen2_vl", tower: QwenTower.qwen2) { $0["hidden_size"] }
  static let qwen2point5 = family("qwen2_5_vl", tower: QwenTower.qwen2point5) { $0["out_hidden_size"] }

  /// - Parameter outputSize: the field of the tower's configuration that repeats the decoder's width.
  private static func family(
    _ name: String, tower: @escaping @Sendable (Field) throws -> VisionConfiguration,
    outputSize: @escaping @Sendable (Field) -> Field
  ) -> CompositeFamily {
    CompositeFamily(modelTypes: [name]) { config, _ in
      let model = try configuration(config, name, tower(config["vision_config"]))
      let width = outputSize(config["vision_config"])
      guard try width.size(or: 3584) == model.decoder.block.width else {
        throw width.mustBe("the decoder's width, \(model.decoder.block.width)")
      }
      return Family(
        modelTypes: [name], template: .qwen2VL, configuration: { _ in model }, places: { places($0, $1) })
    }
  }

  private static func configuration(
    _ config: Field, _ name: String, _ vision: VisionConfiguration
  ) throws -> ModelConfiguration {
    let decoder = try decoder(config)
    let width = vision.featureWidth
    let image = config["image_token_id"]
    guard image.exists || decoder.vocabulary > 151_655 else {
      throw image.mustBe("an id below vocab_size, \(decoder.vocabulary)")
    }
    return ModelConfiguration(
      family: name, decoder: decoder, vision: vision,
      projector: ProjectorConfiguration(
        input: width, hidden: width, output: decoder.block.width, activation: .gelu, bias: true),
      imageToken: try image.integer(in: 0..<decoder.vocabulary, or: 151_655),
      videoToken: try config["video_token_id"].integer(in: 0..., or: 151_656))
  }

  /// The language model's fields lie in `text_config`; before transformers 4.52, at the top.
  ///
  /// Absent fields have the values that `Qwen2VLTextConfig` gives them.
  private static func decoder(_ config: Field) throws -> DecoderConfiguration {
    let text = config["text_config"].exists ? config["text_config"] : config
    let fields = try DecoderFields(
      text,
      .init(
        layers: 80, width: 8192, heads: 64, keyValueHeads: 8, hidden: 29568, vocabulary: 152_064,
        maximumPositions: 32768))
    var rotary = try RotaryConfiguration.read(fields, base: 1_000_000)
    guard rotary.features == nil else {
      throw text["partial_rotary_factor"].mustBe("1; turning a part of each head is not supported here")
    }
    rotary.coordinates = .sections(try sections(text, pairs: fields.headSize / 2))
    var decoder = try Qwen2.decoder(
      fields, fields.gatedBlock(epsilon: 1e-5, queryKeyValueBias: true), rotary: rotary, firstWindowed: 80)
    // Files tie at the top or in the part that it concerns.
    let isTied = try config["tie_word_embeddings"].bool(or: false)
    decoder.tiedEmbeddings = decoder.tiedEmbeddings || isTied
    return decoder
  }

  /// `mrope_section`: how many pairs of a head's features turn by time, row and column.
  private static func sections(_ text: Field, pairs: Int) throws -> [Int] {
    let places = ["rope_scaling", "rope_parameters"].map { text[$0]["mrope_section"] }
    guard let field = places.first(where: \.exists) else {
      guard pairs == 64 else {
        throw places[0].mustBe("three numbers whose sum is \(pairs), half of a head's features")
      }
      return [16, 24, 24]
    }
    let sections = try field.integers(in: 0...pairs)
    guard (1...pairs).contains(sections.count), sections.reduce(0, +) == pairs else {
      throw field.mustBe("numbers whose sum is \(pairs), half of a head's features")
    }
    return sections
  }

  /// transformers has moved the tower and the language model below `model` since.
  private static func places(_ site: Site, _ model: ModelConfiguration) -> [WeightPlace] {
    guard site.stack == .decoder else {
      let places = model.vision.map { QwenTower.places(site, $0) } ?? []
      return ["visual.", "model.visual."].flatMap { prefix in places.map { $0.renamed(prefix + $0.name) } }
    }
    return Llama.names.places(site).flatMap { place in
      let name = place.name
      let inner = name.hasPrefix("model.") ? ["model.language_model." + name.dropFirst("model.".count)] : []
      return ([name] + inner).map { place.renamed($0) }
    }
  }
}
