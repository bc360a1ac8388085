import Tensors

/// A named place of a model: a point of the forward pass where activations can be read and edited, or a weight.
///
/// `layers[3].attention.weights` is the decoder's; the vision tower has the same points under `vision.`. A path
/// literal in a script selects any number of these. Weights are `layers[3].attention.query.weight` and the like; they
/// have no tokens. A listener at the weight of a linear map is shown what the map gives, before anything else is done with
/// it, and what it read; no listener sees other weights.
public struct Site: Hashable, Sendable {
  public enum Stack: String, Sendable, CaseIterable { case vision, projector, decoder }

  public let stack: Stack
  /// Nil for points that are not inside a block.
  public let layer: Int?
  public let point: Point

  public init(_ stack: Stack, layer: Int? = nil, _ point: Point) {
    self.stack = stack
    self.layer = layer
    self.point = point
  }

  /// What lies at a site. The raw value is the path below the block, or below the stack where there is no block.
  public enum Point: String, Sendable, CaseIterable {
    /// Decoder: token embeddings with image features in place. Vision: patch and class embeddings with positions,
    /// after the first norm where the tower has one. `[token, model]`
    case embeddings
    /// The block's input. `[token, model]`
    case input
    /// Queries, keys and values per head; queries and keys after their norm and rotary embedding, where there are.
    /// `[head, token, feature]`
    case query = "attention.query"
    case key = "attention.key"
    case value = "attention.value"
    /// Scaled dot products before the softmax, capped where the model caps them, masked entries −∞. `[head, query, key]`
    case scores = "attention.scores"
    /// After the softmax. `[head, query, key]`
    case weights = "attention.weights"
    /// Each head's weighted values, before the output projection. `[head, token, feature]`
    case mixed = "attention.mixed"
    /// What attention adds to the residual stream, after the norm or the scale that some models put there.
    /// `[token, model]`
    case attentionOutput = "attention.output"
    /// The residual stream after attention. In a parallel block the MLP does not read it. `[token, model]`
    case residual
    /// After the activation, before the down projection. `[token, hidden]`
    case mlpHidden = "mlp.hidden"
    /// What the MLP adds to the residual stream, after the norm or the scale that some models put there. `[token, model]`
    case mlpOutput = "mlp.output"
    /// The block's output: the residual stream after the block. `[token, model]`
    case output
    /// Decoder: the last norm's output. `[token, model]`
    case norm
    /// What tokens are chosen by, capped where the model caps it. `[token, vocab]`
    case logits
    /// The features that the projector reads: patches, and the class token where the model keeps it. `[token, model]`
    case features
    /// The projector's hidden layer after its activation; absent where the projector is one linear map. `[token, hidden]`
    case hidden
    /// The second one of a projector with three maps. `[token, hidden]`
    case secondHidden = "second_hidden"

    // Weights, as they are stored. Linear maps are `[output, input]`, their biases `[output]`, norms `[model]`.

    /// The norm before attention; in a parallel block the MLP reads it too.
    case attentionNormWeight = "attention.norm.weight"
    case attentionNormBias = "attention.norm.bias"
    case queryWeight = "attention.query.weight"
    case queryBias = "attention.query.bias"
    case keyWeight = "attention.key.weight"
    case keyBias = "attention.key.bias"
    case valueWeight = "attention.value.weight"
    case valueBias = "attention.value.bias"
    /// The norms of each head's queries and keys, where there are. `[feature]`
    case queryNormWeight = "attention.query.norm.weight"
    case keyNormWeight = "attention.key.norm.weight"
    /// The projection of the mixed heads back to the residual stream.
    case attentionOutputWeight = "attention.output.weight"
    case attentionOutputBias = "attention.output.bias"
    /// The norm of what attention adds, in sandwiched blocks.
    case attentionPostNormWeight = "attention.output.norm.weight"
    /// What attention adds is multiplied by it, in some vision towers. `[model]`
    case attentionOutputScale = "attention.output.scale.weight"
    /// The norm before the MLP.
    case mlpNormWeight = "mlp.norm.weight"
    case mlpNormBias = "mlp.norm.bias"
    /// Only in gated MLPs.
    case gateWeight = "mlp.gate.weight"
    case gateBias = "mlp.gate.bias"
    case upWeight = "mlp.up.weight"
    case upBias = "mlp.up.bias"
    case downWeight = "mlp.down.weight"
    case downBias = "mlp.down.bias"
    /// The norm of what the MLP adds, in sandwiched blocks.
    case mlpPostNormWeight = "mlp.output.norm.weight"
    /// What the MLP adds is multiplied by it, in some vision towers. `[model]`
    case mlpOutputScale = "mlp.output.scale.weight"
    /// The decoder's table of token embeddings. `[vocab, model]`
    case embeddingsWeight = "embeddings.weight"
    /// The vision tower's convolution of patches. `[output, channel, row, column]`; with an axis `frame` before `row` where
    /// patches span several pictures in time
    case patchesWeight = "embeddings.patches.weight"
    case patchesBias = "embeddings.patches.bias"
    /// The class token. `[model]`
    case classWeight = "embeddings.class.weight"
    /// Further rows that no patch gives and that have no positions. `[register, model]`
    case registersWeight = "embeddings.registers.weight"
    /// Learned positions; in the vision tower the class token's first. `[position, model]`
    case positionsWeight = "embeddings.positions.weight"
    /// The decoder's last norm; the vision tower's norm of its embeddings.
    case normWeight = "norm.weight"
    case normBias = "norm.bias"
    /// The vision tower's norm of what it hands on.
    case featuresNormWeight = "features.norm.weight"
    case featuresNormBias = "features.norm.bias"
    /// The output layer. `[vocab, model]`
    case logitsWeight = "logits.weight"
    /// `[vocab]`
    case logitsBias = "logits.bias"
    /// The projector's maps: to the hidden layers, where there are any, and to the decoder's embeddings.
    case hiddenWeight = "hidden.weight"
    case hiddenBias = "hidden.bias"
    case secondHiddenWeight = "second_hidden.weight"
    case secondHiddenBias = "second_hidden.bias"
    case outputWeight = "output.weight"
    case outputBias = "output.bias"
    /// What ends a line of patches of an image in tiles. `[model]`
    case endOfLineWeight = "end_of_line.weight"

    /// Whether this is a weight rather than a point of the forward pass.
    public var isWeight: Bool { rawValue.hasSuffix(".weight") || rawValue.hasSuffix(".bias") }

    /// Whether this is the weight of a linear map that a forward pass shows to listeners: those of blocks and of the
    /// projector.
    public var isMap: Bool {
      switch self {
      case .queryWeight, .keyWeight, .valueWeight, .attentionOutputWeight, .gateWeight, .upWeight, .downWeight,
        .hiddenWeight, .secondHiddenWeight, .outputWeight:
        true
      default: false
      }
    }

    /// Whether the point lies inside a block.
    public var isInBlock: Bool {
      switch self {
      case .embeddings, .norm, .logits, .features, .hidden, .secondHidden: false
      default: !isWeight || rawValue.hasPrefix("attention.") || rawValue.hasPrefix("mlp.")
      }
    }
  }

  /// The canonical path: `layers[3].attention.weights`, `vision.layers[0].output`, `projector.output`, `logits`.
  public var path: String {
    let prefix = stack == .decoder ? "" : stack.rawValue + "."
    guard let layer else { return prefix + point.rawValue }
    return prefix + "layers[\(layer)]." + point.rawValue
  }
}

/// Something that reads or edits activations as a forward pass runs.
///
/// A forward pass asks its listener once which sites it wants; all other sites cost one test of a bit.
public protocol SiteListener: AnyObject {
  /// The sites to be called for, in any order.
  var sites: Set<Site> { get }
  /// Whether it does to every position what it would do to it alone, and only that. Then it is not shown positions that
  /// nothing reads any more: in the last block, when only the next token is wanted, all but the last one. There it sees keys
  /// and values before queries.
  var treatsPositionsAlone: Bool { get }
  /// Called each time one of `sites` has been computed, in the order of the forward pass.
  func visit(_ activation: SiteActivation) throws
}

extension SiteListener {
  public var treatsPositionsAlone: Bool { false }
}

/// What a listener sees: one site's activation for every sample of the batch, before the pass goes on.
///
/// Samples of a batch are packed, not padded, so nothing here is ever a padding position. During cached generation
/// a pass computes only new positions: `positions(sample)` says which.
public protocol SiteActivation: AnyObject {
  var site: Site { get }
  var sampleCount: Int { get }
  /// The prompt each sample runs, with the tokens generated so far.
  func context(_ sample: Int) -> TokenContext
  /// The positions computed in this pass. For `weights` and `scores` these are the queries; keys are
  /// `0..<positions.upperBound`. For vision and projector sites: the rows of this sample's images, class token
  /// included where the tower has one (see `TokenContext`).
  func positions(_ sample: Int) -> Range<Int>
  /// A copy of the sample's activation with the axes that `Site.Point` documents, f32.
  func tensor(_ sample: Int) -> Tensor
  /// Replaces the sample's activation. The shape must be that of `tensor(sample)`.
  func replace(_ sample: Int, with tensor: Tensor) throws
  /// At the weight of a linear map what the map read: `[token, input]`; nil elsewhere.
  func input(_ sample: Int) -> Tensor?
  /// At sites of the decoder what the vision tower made of the rows that interventions added to the sample's images, image
  /// after image: `[token, input]`, of the hidden states that the projector reads patches from; nil where there are none.
  func virtualRows(_ sample: Int) -> Tensor?
  /// Rows `[token, width]` in place, for sites of rank two; `nil` for the others.
  func rows(_ sample: Int) -> (base: UnsafeMutablePointer<Float>, count: Int, width: Int)?
}

extension SiteActivation {
  public func input(_ sample: Int) -> Tensor? { nil }
  public func virtualRows(_ sample: Int) -> Tensor? { nil }
}
