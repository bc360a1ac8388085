import Checkpoints

/// `CLIPVisionModel`: a class token, a norm after the embeddings, a convolution without bias.
enum CLIPTower {
  static let family = TowerFamily(
    modelTypes: ["clip_vision_model"], configuration: { try configuration($0, $1) },
    places: { site, _ in places(site) }, unreadNorm: "post_layernorm")

  /// Absent fields have the values that `CLIPVisionConfig` gives them.
  private static func configuration(_ config: Field, _ choice: FeatureChoice) throws -> VisionConfiguration {
    let fields = try TowerFields(config, patch: 32)
    return VisionConfiguration(
      layers: fields.layers,
      block: try fields.block(
        hidden: config["intermediate_size"].size(or: 3072), epsilon: 1e-5, activation: "quick_gelu"),
      channels: fields.channels, imageSize: fields.imageSize, patchSize: fields.patchSize,
      interpolation: try fields.interpolation(), featureStates: try choice.resolved(layers: fields.layers),
      featureNorm: choice.norm, droppedRows: choice.dropsFirstRow ? 1 : 0, joined: choice.joined)
  }

  /// Files have the names with and without `vision_model.`.
  static func places(_ site: Site) -> [WeightPlace] {
    name(site).map { name in ["vision_model.", ""].map { WeightPlace($0 + name) } } ?? []
  }

  private static func name(_ site: Site) -> String? {
    let module = site.point.module
    switch site.point {
    case .classWeight: return "embeddings.class_embedding"
    case .patchesWeight, .patchesBias: return "embeddings.patch_embedding." + module.parameter
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
