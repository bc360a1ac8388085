import Checkpoints

/// `LlavaForConditionalGeneration`: a CLIP vision tower, a two-layer projector and a Llama decoder.
enum Llava {
  static let family = Family(
    modelTypes: ["llava"], template: .vicuna, configuration: { try configuration($0) },
    places: { site, _ in names(site).map { WeightPlace($0) } },
    unreadNorms: { model in
      model.vision.map { [(name: "vision_tower.vision_model.post_layernorm", width: $0.block.width)] } ?? []
    })

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
      queryKeyValueBias: true, attentionOutputBias: true, mlpBias: true)
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
  private static func names(_ site: Site) -> [String] {
    if let name = Llama.names.names(site).first {
      let inner = name.hasPrefix("model.") ? "model.language_model." + name.dropFirst("model.".count) : name
      return ["language_model." + name, inner]
    }
    if site.stack == .projector, let name = ["hidden": "linear_1", "output": "linear_2"][site.point.module.name] {
      let name = "multi_modal_projector.\(name).\(site.point.module.parameter)"
      return [name, "model." + name]
    }
    guard site.stack == .vision, let name = towerName(site) else { return [] }
    return ["", "model."].flatMap { outer in ["vision_model.", ""].map { outer + "vision_tower." + $0 + name } }
  }

  private static func towerName(_ site: Site) -> String? {
    let module = site.point.module
    switch site.point {
    case .classWeight: return "embeddings.class_embedding"
    case .patchesWeight: return "embeddings.patch_embedding.weight"
    case .positionsWeight: return "embeddings.position_embedding.weight"
    // Spelled so in CLIP's own files.
    case .normWeight, .normBias: return "pre_layrnorm." + module.parameter
    default:
      guard let layer = site.layer, let name = blockNames[module.name] else { return nil }
      return "encoder.layers.\(layer).\(name).\(module.parameter)"
    }
  }

  private static let blockNames = [
    "attention.norm": "layer_norm1", "attention.query": "self_attn.q_proj", "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj", "attention.output": "self_attn.out_proj", "mlp.norm": "layer_norm2",
    "mlp.up": "mlp.fc1", "mlp.down": "mlp.fc2",
  ]
}
