/// A vision tower by its values: patches and a class token through a stack of blocks.
public struct VisionConfiguration: Sendable, Equatable {
  public let layers: Int
  public let block: BlockConfiguration
  public let channels: Int
  /// Side of the square image, and of a patch, in pixels.
  public let imageSize: Int
  public let patchSize: Int
  /// The hidden states that make the features, joined in this order: 0 is the embeddings, i the output of block i − 1.
  public let featureStates: [Int]
  /// Whether the class token is handed on with the patches (`full`) or dropped (`default`).
  public let keepsClassToken: Bool

  public init(
    layers: Int, block: BlockConfiguration, channels: Int, imageSize: Int, patchSize: Int, featureStates: [Int],
    keepsClassToken: Bool
  ) {
    self.layers = layers
    self.block = block
    self.channels = channels
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.featureStates = featureStates
    self.keepsClassToken = keepsClassToken
  }

  /// Patches per row and per column.
  public var patchesPerSide: Int { imageSize / patchSize }
  public var patches: Int { patchesPerSide * patchesPerSide }
  public var classTokens: Int { 1 }
  /// Rows of one image inside the tower.
  public var rows: Int { patches + classTokens }
  /// Class tokens that precede the patches in what reaches the projector, and so in the decoder's sequence.
  public var keptClassTokens: Int { keepsClassToken ? classTokens : 0 }
  /// Rows of one image that reach the projector.
  public var featureRows: Int { patches + keptClassTokens }
  public var featureWidth: Int { block.width * featureStates.count }
  /// Blocks whose output can reach the features; later ones run only for those who look at them.
  public var usedLayers: Int { featureStates.max() ?? 0 }
}
