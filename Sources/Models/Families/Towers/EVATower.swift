import Checkpoints

/// EVA-ViT-g as BLIP-2 and MiniGPT-v2 publish it: CLIP-like blocks whose queries, keys and values are one map, without a
/// bias for keys; 39 of the 40 blocks it was trained with.
enum EVATower {
  static let family = TowerFamily(
    modelTypes: ["eva_clip_g"], configuration: { try configuration($0, $1) }, places: { places($0, $1) },
    unreadNorm: nil)

  private static func configuration(_ config: Field, _ choice: FeatureChoice) throws -> VisionConfiguration {
    let fields = try TowerFields(config, patch: 14, imageSize: 448, layers: 39, width: 1408, heads: 16)
    return VisionConfiguration(
      layers: fields.layers,
      block: try fields.block(
        hidden: config["intermediate_size"].size(or: 6144), epsilon: 1e-6, activation: "gelu", keyBias: false),
      channels: fields.channels, imageSize: fields.imageSize, patchSize: fields.patchSize, patchBias: true,
      inputNorm: false, featureStates: try choice.resolved(layers: fields.layers), featureNorm: choice.norm,
      droppedRows: choice.dropsFirstRow ? 1 : 0, joined: choice.joined)
  }

  private static func places(_ site: Site, _ vision: VisionConfiguration) -> [WeightPlace] {
    let module = site.point.module
    switch site.point {
    case .classWeight: return [WeightPlace("cls_token", leadingOnes: 2)]
    case .positionsWeight: return [WeightPlace("pos_embed", leadingOnes: 1)]
    case .patchesWeight, .patchesBias: return [WeightPlace("patch_embed.proj." + module.parameter)]
    default: break
    }
    guard let layer = site.layer else { return [] }
    let block = "blocks.\(layer)."
    let width = vision.block.queryWidth
    func part(_ index: Int) -> [WeightPlace] {
      let outputs = index * width..<(index + 1) * width
      return [WeightPlace(block + "attn.qkv.weight", part: .init(outputs: outputs, count: 3 * width))]
    }
    switch site.point {
    case .queryWeight: return part(0)
    case .keyWeight: return part(1)
    case .valueWeight: return part(2)
    case .queryBias: return [WeightPlace(block + "attn.q_bias")]
    case .valueBias: return [WeightPlace(block + "attn.v_bias")]
    default: return blockNames[module.name].map { [WeightPlace("\(block)\($0).\(module.parameter)")] } ?? []
    }
  }

  private static let blockNames = [
    "attention.norm": "norm1", "attention.output": "attn.proj", "mlp.norm": "norm2", "mlp.up": "mlp.fc1",
    "mlp.down": "mlp.fc2",
  ]
}
