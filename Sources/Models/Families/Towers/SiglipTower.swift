import Checkpoints

/// `SiglipVisionModel`: patches alone, with biases, and no norm after the embeddings. Its pooling head is not read.
enum SiglipTower {
  static let family = TowerFamily(
    modelTypes: ["siglip_vision_model"], configuration: { try configuration($0, $1) },
    places: { site, _ in CLIPTower.places(site) }, unreadNorm: "post_layernorm")

  /// Absent fields have the values that `SiglipVisionConfig` gives them.
  ///
  /// Where a model leaves out the first row, that is a patch, as the TinyLLaVA factory's published models were trained.
  private static func configuration(_ config: Field, _ choice: FeatureChoice) throws -> VisionConfiguration {
    let fields = try TowerFields(config, patch: 16)
    return VisionConfiguration(
      layers: fields.layers,
      block: try fields.block(
        hidden: config["intermediate_size"].size(or: 3072), epsilon: 1e-6, activation: "gelu_pytorch_tanh"),
      channels: fields.channels, imageSize: fields.imageSize, patchSize: fields.patchSize, classTokens: 0,
      patchBias: true, inputNorm: false, interpolation: try fields.interpolation(),
      featureStates: try choice.resolved(layers: fields.layers), featureNorm: choice.norm,
      droppedRows: choice.dropsFirstRow ? 1 : 0, joined: choice.joined)
  }
}
