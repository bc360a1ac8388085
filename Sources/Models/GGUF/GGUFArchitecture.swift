import Checkpoints

/// What llama.cpp calls an architecture: which family of ours it is, what its metadata says in that family's words, and what
/// its tensors are called.
struct GGUFArchitecture: Sendable {
  /// `general.architecture`, which is also how its keys begin.
  let name: String
  /// `model_type` in a `config.json` of the same model.
  let modelType: String
  /// Whether queries and keys lie with the features side by side that turn together.
  var hasPairedRows = false
  /// Whether norms are stored as what they multiply by, where the family's own files hold that less one.
  var addsOneToNorms = false
  /// Whether part of a head may turn.
  var turnsInPart = false
  /// Fields of `config.json` beyond those that all decoders share, or in their place.
  let fields: @Sendable (GGUFKeys) throws -> [(String, JSON)]

  static let all = [llama, qwen2, qwen3, phi2, phi3, gemma2, gemma3, gpt2, stablelm]

  /// The architecture that a file says it holds.
  /// - Throws: an error that lists those that are read.
  static func of(_ file: GGUF) throws -> GGUFArchitecture {
    let key = "general.architecture"
    let name = try file.string(key)
    guard let found = all.first(where: { $0.name == name }) else {
      let known = all.map { "\"\($0.name)\"" }.joined(separator: ", ")
      throw name == "clip"
        ? file.mustBe(key, "a language model's (\(known)); this file is a vision tower, to be given as mmproj")
        : file.mustBe(key, "one of \(known)")
    }
    return found
  }

  /// Where a file may keep the weight at a site of the decoder, the usual place first.
  func places(_ site: Site, _ decoder: DecoderConfiguration) -> [WeightPlace] {
    let module = site.point.module
    if let name = Self.names[module.name], site.layer == nil { return [WeightPlace("\(name).\(module.parameter)")] }
    guard let layer = site.layer, let name = Self.blockNames[module.name] else { return [] }
    func place(_ name: String, _ part: WeightPlace.Part? = nil) -> WeightPlace {
      WeightPlace("blk.\(layer).\(name).\(module.parameter)", part: part)
    }
    let hidden = decoder.block.hidden
    switch module.name {
    case "attention.query", "attention.key", "attention.value":
      return [place(name), place("attn_qkv", .attention(site.point, decoder.block))]
    // One tensor for both, the gate first.
    case "mlp.gate": return [place(name), place("ffn_up", .init(outputs: 0..<hidden, count: 2 * hidden))]
    case "mlp.up" where modelType == "phi3":
      return [place(name, .init(outputs: hidden..<2 * hidden, count: 2 * hidden))]
    default: return [place(name)]
    }
  }

  private static let names = [
    "embeddings": "token_embd", "embeddings.positions": "position_embd", "norm": "output_norm", "logits": "output",
  ]
  private static let blockNames = [
    "attention.norm": "attn_norm", "attention.query": "attn_q", "attention.key": "attn_k", "attention.value": "attn_v",
    "attention.query.norm": "attn_q_norm", "attention.key.norm": "attn_k_norm", "attention.output": "attn_output",
    "attention.output.norm": "post_attention_norm", "mlp.norm": "ffn_norm", "mlp.gate": "ffn_gate",
    "mlp.up": "ffn_up", "mlp.down": "ffn_down", "mlp.output.norm": "post_ffw_norm",
  ]
}
