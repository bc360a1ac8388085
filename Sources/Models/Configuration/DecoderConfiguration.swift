/// A decoder-only language model by its values.
public struct DecoderConfiguration: Sendable, Equatable {
  public let layers: Int
  public let block: BlockConfiguration
  public let vocabulary: Int
  /// The longest sequence the model was made for, prompt and generated tokens together.
  public let maximumPositions: Int
  public let rotary: RotaryConfiguration
  /// Whether the output layer is the embedding table itself.
  public let tiedEmbeddings: Bool
  /// Whether the output layer has a bias, as in Phi; those are only counted so far, not run.
  public let outputBias: Bool

  public init(
    layers: Int, block: BlockConfiguration, vocabulary: Int, maximumPositions: Int, rotary: RotaryConfiguration,
    tiedEmbeddings: Bool, outputBias: Bool = false
  ) {
    self.layers = layers
    self.block = block
    self.vocabulary = vocabulary
    self.maximumPositions = maximumPositions
    self.rotary = rotary
    self.tiedEmbeddings = tiedEmbeddings
    self.outputBias = outputBias
  }
}
