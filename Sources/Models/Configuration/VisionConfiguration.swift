/// A vision tower by its values: patches, and perhaps a class token and registers, through a stack of blocks.
public struct VisionConfiguration: Sendable, Equatable {
  /// How learned positions fit a picture of another size than the tower was made for.
  public enum Interpolation: String, Sendable {
    /// They do not; such a picture is an error.
    case none
    case bicubic
    /// Bicubic with a wider kernel where the grid gets coarser.
    case bicubicAntialiased
  }

  public let layers: Int
  public let block: BlockConfiguration
  public let channels: Int
  /// Side in pixels of the square image that the positions were learned for (without learned positions: of any picture),
  /// and of a patch.
  public let imageSize: Int
  public let patchSize: Int
  /// Rows in front of the patches: class tokens, which have positions, and registers, which have none.
  public let classTokens: Int
  public let registers: Int
  public let patchBias: Bool
  /// Pictures that a patch spans in time; a still picture is repeated.
  public let frames: Int
  /// Whether learned positions are added to patches. A tower without them takes pictures of any size.
  public let learnedPositions: Bool
  /// What turns queries and keys by the patches' rows and columns; nil for none.
  public let rotary: RotaryConfiguration?
  /// Side of the windows that a picture is cut into for the layers in `localLayers`, in rows of the features; nil for none.
  public let window: Int?
  public let localLayers: [Int]
  /// Whether a norm follows the embeddings.
  public let inputNorm: Bool
  public let interpolation: Interpolation
  /// The hidden states that make the features, joined in this order: 0 is the embeddings, i the output of block i − 1.
  public let featureStates: [Int]
  /// The ε of a norm of the blocks' kind over the chosen state; nil where it is taken as it is.
  public let featureNorm: Float?
  /// How many of an image's first rows are not handed on: the class token, or none.
  ///
  /// A tower without a class token may drop its first patch here, as models are published that were trained so.
  public let droppedRows: Int
  /// How many patches side by side are one row of the features.
  public let joined: PatchJoin

  public init(
    layers: Int, block: BlockConfiguration, channels: Int, imageSize: Int, patchSize: Int, classTokens: Int = 1,
    registers: Int = 0, patchBias: Bool = false, frames: Int = 1, learnedPositions: Bool = true,
    rotary: RotaryConfiguration? = nil, window: Int? = nil, localLayers: [Int] = [], inputNorm: Bool = true,
    interpolation: Interpolation = .none, featureStates: [Int], featureNorm: Float? = nil, droppedRows: Int,
    joined: PatchJoin = .none
  ) {
    self.layers = layers
    self.block = block
    self.channels = channels
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.classTokens = classTokens
    self.registers = registers
    self.patchBias = patchBias
    self.frames = frames
    self.learnedPositions = learnedPositions
    self.rotary = rotary
    self.window = window
    self.localLayers = localLayers
    self.inputNorm = inputNorm
    self.interpolation = interpolation
    self.featureStates = featureStates
    self.featureNorm = featureNorm
    self.droppedRows = droppedRows
    self.joined = joined
  }

  /// Numbers in a patch.
  var patchInput: Int { channels * frames * patchSize * patchSize }
  /// What is particular to a block.
  func pattern(_ layer: Int) -> LayerPattern {
    LayerPattern(
      window: nil, rotary: rotary == nil ? nil : 0, isLocal: window != nil && localLayers.contains(layer))
  }

  /// Patches per row and per column of an image of the size that the tower was made for, and patches of it.
  public var patchesPerSide: Int { imageSize / patchSize }
  public var patches: Int { patchesPerSide * patchesPerSide }
  /// Rows that precede the patches in the tower.
  public var leadingRows: Int { classTokens + registers }
  /// Learned positions.
  public var positions: Int { classTokens + patches }
  /// Class tokens that precede the patches in what reaches the projector, and so in the decoder's sequence.
  public var keptClassTokens: Int { max(classTokens - droppedRows, 0) }
  /// Rows of such an image that reach the projector.
  public var featureRows: Int { (leadingRows + patches - droppedRows) / joined.count }
  /// What a patch is in the chosen states, and what the projector reads in a row.
  public var rowWidth: Int { block.width * featureStates.count }
  public var featureWidth: Int { rowWidth * joined.count }
  /// Blocks whose output can reach the features; later ones run only for those who look at them.
  public var usedLayers: Int { featureStates.max() ?? 0 }
}
