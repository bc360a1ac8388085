import Checkpoints

/// What is particular to one kind of vision tower: how its part of a configuration reads and what its tensors are called.
///
/// Whichever model a tower stands in says what it hands on (`FeatureChoice`) and under which prefix its tensors are.
struct TowerFamily: Sendable {
  /// The `model_type` values of `vision_config` that this family reads.
  let modelTypes: [String]
  let configuration: @Sendable (Field, FeatureChoice) throws -> VisionConfiguration
  /// Where a checkpoint may keep a weight below the tower's prefix, the usual place first.
  let places: @Sendable (Site, VisionConfiguration) -> [WeightPlace]
  /// The norm that checkpoints hold and that no forward pass reads.
  let unreadNorm: String?

  static let all = [CLIPTower.family, SiglipTower.family, Dinov2Tower.family, EVATower.family]

  /// The family of a `vision_config`.
  ///
  /// - Parameter fallback: what an absent `model_type` means.
  static func of(_ tower: Field, or fallback: String) throws -> TowerFamily {
    let name = try tower["model_type"].string(or: fallback)
    guard let family = all.first(where: { $0.modelTypes.contains(name) }) else {
      throw tower["model_type"].mustBe("one of \(all.flatMap(\.modelTypes).sorted().joined(separator: ", "))")
    }
    return family
  }
}

/// What of a tower's hidden states a model hands to its projector.
struct FeatureChoice {
  /// The chosen states as the file counts them: from 0, the embeddings, or from the end, −1.
  let states: [Int]
  /// Where the file says so, for errors.
  let field: Field
  /// Whether the first row of an image is left out. It is the class token, where there is one.
  let dropsFirstRow: Bool
  var joined = PatchJoin.none
  /// The ε of a norm over what is handed on.
  var norm: Float?

  /// The states counted from 0.
  func resolved(layers: Int) throws -> [Int] {
    let resolved = states.map { $0 < 0 ? $0 + layers + 1 : $0 }
    guard !resolved.isEmpty, resolved.count <= 64, resolved.allSatisfy((0...layers).contains) else {
      throw field.mustBe("from \(-layers - 1) to \(layers), for a tower of \(layers) layers")
    }
    return resolved
  }
}

/// The sizes of a vision tower, which configuration files name alike.
struct TowerFields {
  let config: Field
  let layers: Int
  let width: Int
  let heads: Int
  let channels: Int
  let imageSize: Int
  let patchSize: Int

  /// - Parameter patch: what an absent `patch_size` means; further defaults are shared by all families.
  init(_ config: Field, patch: Int, imageSize: Int = 224, layers: Int = 12, width: Int = 768, heads: Int = 12) throws {
    self.config = config
    self.width = try config["hidden_size"].size(or: width)
    self.heads = try config["num_attention_heads"].size(or: heads)
    self.layers = try config["num_hidden_layers"].size(upTo: 4096, or: layers)
    channels = try config["num_channels"].size(upTo: 64, or: 3)
    patchSize = try config["patch_size"].size(upTo: 4096, or: patch)
    self.imageSize = try config["image_size"].size(upTo: 1 << 16, or: imageSize)
    guard self.width % self.heads == 0 else {
      throw config["hidden_size"].mustBe("a multiple of num_attention_heads, \(self.heads)")
    }
    guard self.imageSize >= patchSize else { throw config["image_size"].mustBe("at least patch_size, \(patchSize)") }
  }

  /// A block with layer norms before attention and before an MLP of two maps.
  func block(
    hidden: Int, epsilon: Double, activation: String, queryKeyValueBias: Bool = true, keyBias: Bool = true,
    outputScale: Bool = false
  ) throws -> BlockConfiguration {
    BlockConfiguration(
      width: width, heads: heads, keyValueHeads: heads, headSize: width / heads, hidden: hidden, norm: .layer,
      epsilon: Float(try config["layer_norm_eps"].positive(or: epsilon)),
      activation: try config["hidden_act"].activation(or: activation), gated: false, causal: false,
      queryKeyValueBias: queryKeyValueBias, keyBias: queryKeyValueBias && keyBias, attentionOutputBias: true,
      mlpBias: true,
      outputScale: outputScale)
  }

  /// Whether pictures of other sizes than the tower was made for get interpolated positions.
  func interpolation() throws -> VisionConfiguration.Interpolation {
    try config["interpolate_pos_encoding"].bool(or: false) ? .bicubic : .none
  }
}
