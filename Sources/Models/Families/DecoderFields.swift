import Checkpoints

/// The sizes of a decoder, which most configuration files name alike.
struct DecoderFields {
  let config: Field
  let layers: Int
  let width: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  let hidden: Int
  let vocabulary: Int
  let maximumPositions: Int

  /// What an absent field means; published configurations leave many out.
  struct Defaults {
    var layers = 32
    var width = 4096
    var heads = 32
    /// Nil for as many as query heads.
    var keyValueHeads: Int?
    /// Nil for the width's share of a head.
    var headSize: Int?
    var hidden = 11008
    var vocabulary = 32000
    var maximumPositions = 2048
  }

  init(_ config: Field, _ defaults: Defaults) throws {
    self.config = config
    width = try config["hidden_size"].size(or: defaults.width)
    heads = try config["num_attention_heads"].size(or: defaults.heads)
    let heads = heads
    keyValueHeads = try config["num_key_value_heads"].size(or: defaults.keyValueHeads ?? heads)
    guard heads % keyValueHeads == 0 else {
      throw config["num_key_value_heads"].mustBe("a divisor of num_attention_heads, \(heads)")
    }
    let hasSize = config["head_dim"].exists || defaults.headSize != nil
    if !hasSize, width % heads != 0 {
      throw config["hidden_size"].mustBe("a multiple of num_attention_heads, \(heads), where head_dim is absent")
    }
    headSize = try config["head_dim"].size(or: defaults.headSize ?? max(width / heads, 1))
    hidden = try config["intermediate_size"].size(or: defaults.hidden)
    layers = try config["num_hidden_layers"].size(upTo: 4096, or: defaults.layers)
    vocabulary = try config["vocab_size"].size(or: defaults.vocabulary)
    maximumPositions = try config["max_position_embeddings"].size(or: defaults.maximumPositions)
  }

  /// A block with RMS norms and a gated MLP, as Llama has and most that came after it.
  func gatedBlock(
    norm: BlockConfiguration.Norm = .rms, epsilon: Double = 1e-6, activation: Activation? = nil,
    queryKeyValueBias: Bool = false, attentionOutputBias: Bool = false, mlpBias: Bool = false,
    arrangement: BlockConfiguration.Arrangement = .sequential, queryKeyNorm: Bool = false,
    attentionScale: Float? = nil, attentionSoftcap: Float? = nil
  ) throws -> BlockConfiguration {
    BlockConfiguration(
      width: width, heads: heads, keyValueHeads: keyValueHeads, headSize: headSize, hidden: hidden, norm: norm,
      epsilon: Float(try config[norm == .layer ? "layer_norm_eps" : "rms_norm_eps"].positive(or: epsilon)),
      activation: try activation ?? config["hidden_act"].activation(or: "silu"), gated: true, causal: true,
      queryKeyValueBias: queryKeyValueBias, attentionOutputBias: attentionOutputBias, mlpBias: mlpBias,
      arrangement: arrangement, queryKeyNorm: queryKeyNorm, attentionScale: attentionScale,
      attentionSoftcap: attentionSoftcap)
  }

  /// Which layers see a window only: `layer_types`, or what `fallback` says of each layer's index.
  func windowed(or fallback: (Int) -> Bool) throws -> [Bool] {
    let types = config["layer_types"]
    guard types.exists else { return (0..<layers).map(fallback) }
    let kinds = try types.strings()
    guard kinds.count == layers else { throw types.mustBe("a list of \(layers) kinds, as num_hidden_layers says") }
    return try kinds.indices.map { index in
      switch kinds[index] {
      case "full_attention": false
      case "sliding_attention": true
      default: throw types[index].mustBe("full_attention or sliding_attention")
      }
    }
  }

  /// The window that all layers share, where the file names one.
  func sharedWindow(or fallback: Int? = nil) throws -> Int? {
    let window = config["sliding_window"]
    // A null says that there is none; an absent field has the family's default.
    return window.exists ? try window.size() : window.value == nil ? fallback : nil
  }

  /// Every layer with the same window and the first rotary embedding.
  func pattern(window: Int?) -> [LayerPattern] {
    Array(repeating: LayerPattern(window: window, rotary: 0), count: layers)
  }
}
