import Checkpoints

/// `Dinov2Model` and `Dinov2WithRegistersModel`: a class token, perhaps registers, scaled additions to the stream, and
/// positions that are interpolated for pictures of other sizes.
enum Dinov2Tower {
  static let family = TowerFamily(
    modelTypes: ["dinov2", "dinov2_with_registers"], configuration: { try configuration($0, $1) },
    places: { site, _ in places(site) }, unreadNorm: "layernorm")

  /// Absent fields have the values that `Dinov2Config` gives them.
  private static func configuration(_ config: Field, _ choice: FeatureChoice) throws -> VisionConfiguration {
    let fields = try TowerFields(config, patch: 14)
    guard try !config["use_swiglu_ffn"].bool(or: false) else {
      throw config["use_swiglu_ffn"].mustBe("false; the gated MLP of the giant DINOv2 is not supported")
    }
    let hasRegisters = try config["model_type"].string(or: "") == "dinov2_with_registers"
    let hidden = try config["mlp_ratio"].positive(or: 4) * Double(fields.width)
    guard hidden >= 1, hidden <= 4_194_304 else { throw config["mlp_ratio"].mustBe("a ratio of usual sizes") }
    return VisionConfiguration(
      layers: fields.layers,
      block: try fields.block(
        hidden: Int(hidden), epsilon: 1e-6, activation: "gelu",
        queryKeyValueBias: config["qkv_bias"].bool(or: true), outputScale: true),
      channels: fields.channels, imageSize: fields.imageSize, patchSize: fields.patchSize,
      registers: hasRegisters ? try config["num_register_tokens"].integer(in: 0...4096, or: 4) : 0, patchBias: true,
      inputNorm: false, interpolation: hasRegisters ? .bicubicAntialiased : .bicubic,
      featureStates: try choice.resolved(layers: fields.layers), featureNorm: choice.norm,
      droppedRows: choice.dropsFirstRow ? 1 : 0, joined: choice.joined)
  }

  private static func places(_ site: Site) -> [WeightPlace] {
    let module = site.point.module
    switch site.point {
    // Stored with axes of one entry before theirs.
    case .classWeight: return [WeightPlace("embeddings.cls_token", leadingOnes: 2)]
    case .positionsWeight: return [WeightPlace("embeddings.position_embeddings", leadingOnes: 1)]
    case .registersWeight: return [WeightPlace("embeddings.register_tokens", leadingOnes: 1)]
    case .patchesWeight, .patchesBias:
      return [WeightPlace("embeddings.patch_embeddings.projection." + module.parameter)]
    case .attentionOutputScale, .mlpOutputScale:
      let number = site.point == .attentionOutputScale ? 1 : 2
      return site.layer.map { [WeightPlace("encoder.layer.\($0).layer_scale\(number).lambda1")] } ?? []
    default:
      guard let layer = site.layer, let names = blockNames[module.name] else { return [] }
      return names.map { WeightPlace("encoder.layer.\(layer).\($0).\(module.parameter)") }
    }
  }

  private static let blockNames = [
    "attention.norm": ["norm1"], "attention.query": ["attention.attention.query", "attention.q_proj"],
    "attention.key": ["attention.attention.key", "attention.k_proj"],
    "attention.value": ["attention.attention.value", "attention.v_proj"],
    "attention.output": ["attention.output.dense", "attention.o_proj"], "mlp.norm": ["norm2"], "mlp.up": ["mlp.fc1"],
    "mlp.down": ["mlp.fc2"],
  ]
}
