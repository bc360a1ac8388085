import Checkpoints

/// What llama.cpp calls an architecture: which family of ours it is, what its metadata says in that family's words, and what
/// its tensors are called.
struct GGUFArchitecture: Sendable {
  /// `general.architecture`, which is also how its keys begin.
  let name: String
  /// `model_type` in a `config.json` of the same model.
  let modelType: String
  /// Whether queries and keys lie with the features side by side that turn together.
  let hasPairedRows: Bool
  /// Fields of `config.json` beyond those that all decoders share.
  let fields: @Sendable (GGUF) throws -> [(String, JSON)]

  static let all = [llama, qwen2]

  static let llama = GGUFArchitecture(name: "llama", modelType: "llama", hasPairedRows: true) { file in
    [
      ("attention_bias", .bool(file.contains("blk.0.attn_q.bias"))),
      ("mlp_bias", .bool(file.contains("blk.0.ffn_up.bias"))),
    ]
  }
  static let qwen2 = GGUFArchitecture(name: "qwen2", modelType: "qwen2", hasPairedRows: false) { _ in [] }

  init(
    name: String, modelType: String, hasPairedRows: Bool, fields: @escaping @Sendable (GGUF) throws -> [(String, JSON)]
  ) {
    self.name = name
    self.modelType = modelType
    self.hasPairedRows = hasPairedRows
    self.fields = fields
  }

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

  /// What a file calls the weight at a site, the usual name first.
  func names(_ site: Site) -> [String] {
    let module = site.point.module
    switch (site.stack, module.name) {
    case (.decoder, "embeddings"): return ["token_embd." + module.parameter]
    case (.decoder, "norm"): return ["output_norm." + module.parameter]
    case (.decoder, "logits"): return ["output." + module.parameter]
    case (.decoder, _):
      guard let layer = site.layer, let name = Self.blockNames[module.name] else { return [] }
      return ["blk.\(layer).\(name).\(module.parameter)"]
    default: return []
    }
  }

  private static let blockNames = [
    "attention.norm": "attn_norm", "attention.query": "attn_q", "attention.key": "attn_k", "attention.value": "attn_v",
    "attention.output": "attn_output", "mlp.norm": "ffn_norm", "mlp.gate": "ffn_gate", "mlp.up": "ffn_up",
    "mlp.down": "ffn_down",
  ]
}
