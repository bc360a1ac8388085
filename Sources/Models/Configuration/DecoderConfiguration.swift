/// A decoder-only language model by its values.
public struct DecoderConfiguration: Sendable, Equatable {
  public let layers: Int
  /// What all blocks have in common.
  public let block: BlockConfiguration
  /// What differs from block to block, for each layer.
  public let pattern: [LayerPattern]
  /// The rotary embeddings that layers choose from; none where positions are learned.
  public let rotaries: [RotaryConfiguration]
  public let vocabulary: Int
  /// The longest sequence the model was made for, prompt and generated tokens together.
  public let maximumPositions: Int
  /// Whether a learned vector for its position is added to each token's embedding, as in GPT-2.
  public let learnedPositions: Bool
  /// Whether token embeddings are multiplied by √width, as in Gemma.
  public let scalesEmbeddings: Bool
  /// Whether the output layer is the embedding table itself.
  public internal(set) var tiedEmbeddings: Bool
  /// Whether the output layer has a bias, as in Phi.
  public internal(set) var outputBias: Bool
  /// c where logits become c · tanh(logit / c).
  public let logitSoftcap: Float?

  /// - Parameter pattern: nil where all layers see everything before them and turn by the first rotary embedding.
  public init(
    layers: Int, block: BlockConfiguration, pattern: [LayerPattern]? = nil, rotaries: [RotaryConfiguration],
    vocabulary: Int, maximumPositions: Int, learnedPositions: Bool = false, scalesEmbeddings: Bool = false,
    tiedEmbeddings: Bool, outputBias: Bool = false, logitSoftcap: Float? = nil
  ) {
    let same = LayerPattern(window: nil, rotary: rotaries.isEmpty ? nil : 0)
    self.layers = layers
    self.block = block
    self.pattern = pattern ?? Array(repeating: same, count: layers)
    self.rotaries = rotaries
    self.vocabulary = vocabulary
    self.maximumPositions = maximumPositions
    self.learnedPositions = learnedPositions
    self.scalesEmbeddings = scalesEmbeddings
    self.tiedEmbeddings = tiedEmbeddings
    self.outputBias = outputBias
    self.logitSoftcap = logitSoftcap
  }
}

/// What is particular to one layer of a decoder or a vision tower.
public struct LayerPattern: Sendable, Equatable {
  /// How many positions up to its own a query sees; nil for all.
  public let window: Int?
  /// Which of the stack's rotary embeddings turns queries and keys.
  public let rotary: Int?
  /// Whether patches see only those of their own window (`VisionConfiguration.window`).
  public let isLocal: Bool

  public init(window: Int?, rotary: Int?, isLocal: Bool = false) {
    self.window = window
    self.rotary = rotary
    self.isLocal = isLocal
  }
}
