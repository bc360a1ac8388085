import Checkpoints

/// The vision towers of Qwen2-VL and Qwen2.5-VL: pictures of any size, patches that span two pictures in time, rotary
/// embedding by rows and columns, and cells of neighbouring patches as features.
///
/// They stand in their own models only, so they are not among `TowerFamily.all`.
enum QwenTower {
  /// Qwen2-VL's: layer norms and an MLP of two maps.
  static func qwen2(_ config: Field) throws -> VisionConfiguration {
    let fields = try Fields(config, width: config["embed_dim"].size(or: 1280))
    let hidden = try config["mlp_ratio"].positive(or: 4) * Double(fields.width)
    guard hidden >= 1, hidden <= 4_194_304 else { throw config["mlp_ratio"].mustBe("a ratio of usual sizes") }
    let block = BlockConfiguration(
      width: fields.width, heads: fields.heads, keyValueHeads: fields.heads, headSize: fields.width / fields.heads,
      hidden: Int(hidden), norm: .layer, epsilon: 1e-6,
      activation: try config["hidden_act"].activation(or: "quick_gelu"), gated: false, causal: false,
      queryKeyValueBias: true, attentionOutputBias: true, mlpBias: true)
    return fields.vision(block, window: nil, localLayers: [])
  }

  /// Qwen2.5-VL's: RMS norms, a gated MLP, and windows in all layers but `fullatt_block_indexes`.
  static func qwen2point5(_ config: Field) throws -> VisionConfiguration {
    let fields = try Fields(config, width: config["hidden_size"].size(or: 3584))
    let block = BlockConfiguration(
      width: fields.width, heads: fields.heads, keyValueHeads: fields.heads, headSize: fields.width / fields.heads,
      hidden: try config["intermediate_size"].size(or: 3420), norm: .rms, epsilon: 1e-6,
      activation: try config["hidden_act"].activation(or: "silu"), gated: true, causal: false,
      queryKeyValueBias: true, attentionOutputBias: true, mlpBias: true)
    let size = config["window_size"]
    let window = try size.size(upTo: 1 << 16, or: 112) / fields.cell / fields.patchSize
    guard window > 0 else { throw size.mustBe("at least \(fields.cell * fields.patchSize) pixels, the side of a cell") }
    let full = config["fullatt_block_indexes"]
    let whole = try full.integerList(or: [7, 15, 23, 31])
    guard whole.allSatisfy({ $0 >= 0 }) else { throw full.mustBe("a list of layers, counted from 0") }
    return fields.vision(block, window: window, localLayers: (0..<fields.layers).filter { !whole.contains($0) })
  }

  /// What both name alike.
  private struct Fields {
    let width: Int
    let heads: Int
    let layers: Int
    let channels: Int
    let patchSize: Int
    let frames: Int
    /// Side of a cell in patches.
    let cell: Int
    let base: Double

    init(_ config: Field, width: Int) throws {
      self.width = width
      heads = try config["num_heads"].size(or: 16)
      layers = try config["depth"].size(upTo: 4096, or: 32)
      channels = try config["in_channels"].size(upTo: 64, or: 3)
      patchSize = try config["patch_size"].size(upTo: 1024, or: 14)
      frames = try config["temporal_patch_size"].size(upTo: 64, or: 2)
      cell = try config["spatial_merge_size"].size(upTo: 64, or: 2)
      base = try config["rope_parameters"]["rope_theta"].positive(or: 10000)
      guard width % heads == 0, width / heads % 4 == 0 else {
        throw config["num_heads"].mustBe("a number of heads of 4, 8, 12 … features each, in a width of \(width)")
      }
    }

    func vision(_ block: BlockConfiguration, window: Int?, localLayers: [Int]) -> VisionConfiguration {
      VisionConfiguration(
        layers: layers, block: block, channels: channels, imageSize: 8 * cell * patchSize, patchSize: patchSize,
        classTokens: 0, frames: frames, learnedPositions: false,
        rotary: RotaryConfiguration(base: base, coordinates: .grid), window: window, localLayers: localLayers,
        inputNorm: false, featureStates: [layers], featureNorm: 1e-6, droppedRows: 0,
        joined: PatchJoin(rows: cell, columns: cell))
    }
  }

  /// Where a checkpoint keeps a weight of the tower, or of the maps behind it, below the tower's prefix.
  static func places(_ site: Site, _ vision: VisionConfiguration) -> [WeightPlace] {
    let module = site.point.module
    switch (site.stack, site.point) {
    case (.projector, .hiddenWeight), (.projector, .hiddenBias):
      return [WeightPlace("merger.mlp.0." + module.parameter)]
    case (.projector, .outputWeight), (.projector, .outputBias):
      return [WeightPlace("merger.mlp.2." + module.parameter)]
    case (.vision, .patchesWeight): return [WeightPlace("patch_embed.proj.weight")]
    case (.vision, .featuresNormWeight), (.vision, .featuresNormBias):
      return [WeightPlace("merger.ln_q." + module.parameter)]
    default: break
    }
    guard site.stack == .vision, let layer = site.layer else { return [] }
    if let part = WeightPlace.Part.attention(site.point, vision.block) {
      return [WeightPlace("blocks.\(layer).attn.qkv.\(module.parameter)", part: part)]
    }
    let names = vision.block.gated ? gatedNames : plainNames
    return names[module.name].map { [WeightPlace("blocks.\(layer).\($0).\(module.parameter)")] } ?? []
  }

  private static let sharedNames = ["attention.norm": "norm1", "attention.output": "attn.proj", "mlp.norm": "norm2"]
  private static let plainNames = sharedNames.merging(["mlp.up": "mlp.fc1", "mlp.down": "mlp.fc2"]) { $1 }
  private static let gatedNames = sharedNames.merging(
    ["mlp.gate": "mlp.gate_proj", "mlp.up": "mlp.up_proj", "mlp.down": "mlp.down_proj"]) { $1 }
}
