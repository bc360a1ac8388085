import Checkpoints

/// `LlavaForConditionalGeneration`: a CLIP vision tower, a two-layer projector and a Llama decoder.
enum Llava {
  static let family = Family(
    modelTypes: ["llava"], template: .vicuna, configuration: { try configuration($0) }, names: { names($0) })

  private static func configuration(_ config: Field) throws -> ModelConfiguration {
    let text = config["text_config"]
    guard Llama.modelTypes.contains(try text["model_type"].string(or: "llama")) else {
      throw text["model_type"].mustBe(Llama.modelTypes.joined(separator: " or "))
    }
    // Older files tie at the top, newer ones in the part that it concerns.
    let decoder = try Llama.decoder(text, tiedEmbeddings: config["tie_word_embeddings"].bool(or: false))
    let vision = try vision(config)
    let projector = ProjectorConfiguration(
      input: vision.featureWidth, hidden: decoder.block.width, output: decoder.block.width,
      activation: try config["projector_hidden_act"].activation(or: "gelu"),
      bias: try config["multimodal_projector_bias"].bool(or: true))
    let image = config[config["image_token_id"].exists ? "image_token_id" : "image_token_index"]
    return ModelConfiguration(
      family: "llava", decoder: decoder, vision: vision, projector: projector,
      imageToken: try image.integer(in: 0..<decoder.vocabulary, or: 32000))
  }

  private static func vision(_ config: Field) throws -> VisionConfiguration {
    let tower = config["vision_config"]
    guard try tower["model_type"].string(or: "clip_vision_model") == "clip_vision_model" else {
      throw tower["model_type"].mustBe("clip_vision_model")
    }
    let width = try tower["hidden_size"].size(or: 768)
    let heads = try tower["num_attention_heads"].size(or: 12)
    guard width % heads == 0 else {
      throw tower["hidden_size"].mustBe("a multiple of num_attention_heads, \(heads)")
    }
    let block = BlockConfiguration(
      width: width, heads: heads, keyValueHeads: heads, headSize: width / heads,
      hidden: try tower["intermediate_size"].size(or: 3072), norm: .layer,
      epsilon: Float(try tower["layer_norm_eps"].positive(or: 1e-5)),
      activation: try tower["hidden_act"].activation(or: "quick_gelu"), gated: false, causal: false,
      attentionBias: true, mlpBias: true)
    let layers = try tower["num_hidden_layers"].size(upTo: 4096, or: 12)
    let patch = try tower["patch_size"].size(upTo: 4096, or: 32)
    let image = try tower["image_size"].size(upTo: 1 << 16, or: 224)
    guard image >= patch else { throw tower["image_size"].mustBe("at least patch_size, \(patch)") }

    let chosen = config["vision_feature_layer"]
    let states = try chosen.integerList(or: [-2]).map { $0 < 0 ? $0 + layers + 1 : $0 }
    guard !states.isEmpty, states.count <= 64, states.allSatisfy((0...layers).contains) else {
      throw chosen.mustBe("from \(-layers - 1) to \(layers), for a tower of \(layers) layers")
    }
    let strategy = config["vision_feature_select_strategy"]
    let kept = try strategy.string(or: "default")
    guard ["default", "full"].contains(kept) else { throw strategy.mustBe("default or full") }
    return VisionConfiguration(
      layers: layers, block: block, channels: try tower["num_channels"].size(upTo: 64, or: 3), imageSize: image,
      patchSize: patch, featureStates: states, keepsClassToken: kept == "full")
  }

  /// The decoder's names are Llama's under a prefix, which has moved over the years, and so have the tower's.
  private static func names(_ part: WeightName) -> [String] {
    if let name = Llama.decoderName(part) {
      let inner = name.hasPrefix("model.") ? "model.language_model." + name.dropFirst("model.".count) : name
      return ["language_model." + name, inner]
    }
    if let name = projectorName(part) {
      return ["multi_modal_projector." + name, "model.multi_modal_projector." + name]
    }
    guard let name = towerName(part) else { return [] }
    return ["", "model."].flatMap { outer in ["vision_model.", ""].map { outer + "vision_tower." + $0 + name } }
  }

  private static func projectorName(_ part: WeightName) -> String? {
    switch part {
    case .projectorFirst: "linear_1"
    case .projectorSecond: "linear_2"
    default: nil
    }
  }

  private static func towerName(_ part: WeightName) -> String? {
    switch part {
    case .classEmbedding: "embeddings.class_embedding"
    case .patchEmbedding: "embeddings.patch_embedding"
    case .positionEmbedding: "embeddings.position_embedding"
    // Spelled so in CLIP's own files.
    case .visionNorm: "pre_layrnorm"
    case .visionBlock(let layer, let part): "encoder.layers.\(layer)." + blockName(part)
    default: nil
    }
  }

  private static func blockName(_ part: WeightName.Part) -> String {
    switch part {
    case .attentionNorm: "layer_norm1"
    case .query: "self_attn.q_proj"
    case .key: "self_attn.k_proj"
    case .value: "self_attn.v_proj"
    case .attentionOutput: "self_attn.out_proj"
    case .mlpNorm: "layer_norm2"
    case .gate, .up: "mlp.fc1"
    case .down: "mlp.fc2"
    }
  }
}
