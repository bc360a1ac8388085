/// One transformer block by its values. The decoder and the vision tower are stacks of the same kind of block.
///
/// Attention and MLP each read a norm of the residual stream and add what they find to it.
public struct BlockConfiguration: Sendable, Equatable {
  public enum Norm: String, Sendable {
    case rms
    /// An RMS norm whose stored weight is its scale less one, as in Gemma.
    case rmsLessOne
    case layer

    public var hasBias: Bool { self == .layer }
    /// What the scale has more than the stored weight.
    var offset: Float { self == .rmsLessOne ? 1 : 0 }
  }

  /// How attention and MLP stand to each other, and where their norms are.
  public enum Arrangement: String, Sendable {
    /// The MLP reads the stream that attention has added to.
    case sequential
    /// So too, and what either adds goes through a norm of its own first, as in Gemma 2 and 3.
    case sandwich
    /// Both read the same norm of the block's input, as in Phi.
    case parallel
  }

  /// The residual stream's width, axis `model`.
  public let width: Int
  /// Query heads, and the heads of keys and values that they share evenly.
  public let heads: Int
  public let keyValueHeads: Int
  /// Features per head; heads together may be wider or narrower than the stream.
  public let headSize: Int
  /// The MLP's inner width, axis `hidden`.
  public let hidden: Int
  public let norm: Norm
  public let epsilon: Float
  public let activation: Activation
  /// Whether the MLP is `down(act(gate(x)) · up(x))` rather than `down(act(up(x)))`.
  public let gated: Bool
  /// Whether a query sees only keys at its own position and before.
  public let causal: Bool
  /// Biases of the maps to queries, keys and values, of the one from the mixed heads back to the stream, and of the MLP's.
  public let queryKeyValueBias: Bool
  /// Whether keys have their bias where queries and values have theirs.
  public let keyBias: Bool
  public let attentionOutputBias: Bool
  public let mlpBias: Bool
  public let arrangement: Arrangement
  /// Whether each head's queries and keys go through a norm, shared by all heads, before they are turned.
  public let queryKeyNorm: Bool
  /// What dot products of queries and keys are multiplied by.
  public let attentionScale: Float
  /// c where scores become c · tanh(score / c).
  public let attentionSoftcap: Float?
  /// Whether what attention and the MLP add is first multiplied by a learned vector, as in DINOv2.
  public let outputScale: Bool

  /// - Parameter attentionScale: nil for 1/√headSize.
  public init(
    width: Int, heads: Int, keyValueHeads: Int, headSize: Int, hidden: Int, norm: Norm, epsilon: Float,
    activation: Activation, gated: Bool, causal: Bool, queryKeyValueBias: Bool, keyBias: Bool? = nil,
    attentionOutputBias: Bool, mlpBias: Bool, arrangement: Arrangement = .sequential, queryKeyNorm: Bool = false,
    attentionScale: Float? = nil,
    attentionSoftcap: Float? = nil, outputScale: Bool = false
  ) {
    self.width = width
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headSize = headSize
    self.hidden = hidden
    self.norm = norm
    self.epsilon = epsilon
    self.activation = activation
    self.gated = gated
    self.causal = causal
    self.queryKeyValueBias = queryKeyValueBias
    self.keyBias = keyBias ?? queryKeyValueBias
    self.attentionOutputBias = attentionOutputBias
    self.mlpBias = mlpBias
    self.arrangement = arrangement
    self.queryKeyNorm = queryKeyNorm
    self.attentionScale = attentionScale ?? 1 / Float(headSize).squareRoot()
    self.attentionSoftcap = attentionSoftcap
    self.outputScale = outputScale
  }

  public var queryWidth: Int { heads * headSize }
  public var keyValueWidth: Int { keyValueHeads * headSize }
}
