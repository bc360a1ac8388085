/// One transformer block by its values. The decoder and the vision tower are stacks of the same kind of block.
///
/// Both normalise before attention and before the MLP and add each result to the residual stream. In a `parallel` block
/// attention and MLP read the same normalised input; those are only counted so far, not run.
public struct BlockConfiguration: Sendable, Equatable {
  public enum Norm: String, Sendable { case rms, layer }

  /// The residual stream's width, axis `model`.
  public let width: Int
  /// Query heads, and the heads of keys and values that they share evenly.
  public let heads: Int
  public let keyValueHeads: Int
  /// Features per head.
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
  public let attentionBias: Bool
  public let mlpBias: Bool
  /// Whether attention and MLP stand side by side behind one norm, as in Phi.
  public let parallel: Bool

  public init(
    width: Int, heads: Int, keyValueHeads: Int, headSize: Int, hidden: Int, norm: Norm, epsilon: Float,
    activation: Activation, gated: Bool, causal: Bool, attentionBias: Bool, mlpBias: Bool,
    parallel: Bool = false
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
    self.attentionBias = attentionBias
    self.mlpBias = mlpBias
    self.parallel = parallel
  }

  public var queryWidth: Int { heads * headSize }
  public var keyValueWidth: Int { keyValueHeads * headSize }
}
