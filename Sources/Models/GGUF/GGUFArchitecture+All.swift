import Checkpoints

extension GGUFArchitecture {
  /// Llama, Vicuna and Mistral. A window of Mistral's is not in the file.
  static let llama = GGUFArchitecture(name: "llama", modelType: "llama", hasPairedRows: true) { keys in
    [
      ("attention_bias", .bool(keys.file.contains("blk.0.attn_q.bias"))),
      ("mlp_bias", .bool(keys.file.contains("blk.0.ffn_up.bias"))),
    ]
  }

  static let qwen2 = GGUFArchitecture(name: "qwen2", modelType: "qwen2") { _ in [] }
  static let qwen3 = GGUFArchitecture(name: "qwen3", modelType: "qwen3") { _ in [] }
  static let phi2 = GGUFArchitecture(name: "phi2", modelType: "phi", turnsInPart: true) { _ in
    [("hidden_act", "gelu_new")]
  }
  static let phi3 = GGUFArchitecture(name: "phi3", modelType: "phi3", turnsInPart: true) { keys in
    [("sliding_window", try keys.window())]
  }

  static let gemma2 = GGUFArchitecture(name: "gemma2", modelType: "gemma2", addsOneToNorms: true) { keys in
    try gemma(keys, largest: 46) + [
      ("attn_logit_softcapping", .number(try keys.number("attn_logit_softcapping", or: 50))),
      ("final_logit_softcapping", .number(try keys.number("final_logit_softcapping", or: 30))),
    ]
  }

  static let gemma3 = GGUFArchitecture(name: "gemma3", modelType: "gemma3_text", addsOneToNorms: true) { keys in
    try gemma(keys, largest: 62) + [
      (
        "rope_parameters",
        .object(["full_attention": try keys.rotary(), "sliding_attention": .object(["rope_theta": 10000])])
      )
    ]
  }

  /// llama.cpp, too, knows the largest models by their layers: queries are scaled by another width there.
  private static func gemma(_ keys: GGUFKeys, largest: Int) throws -> [(String, JSON)] {
    let scaled =
      try keys.size("block_count") == largest ? keys.size("embedding_length") / keys.heads() : keys.headSize()
    return [
      ("sliding_window", try keys.window()), ("query_pre_attn_scalar", .integer(scaled)),
      ("hidden_activation", "gelu_pytorch_tanh"),
    ]
  }

  static let gpt2 = GGUFArchitecture(name: "gpt2", modelType: "gpt2") { keys in
    [
      ("n_embd", .integer(try keys.size("embedding_length"))), ("n_head", .integer(try keys.heads())),
      ("n_layer", .integer(try keys.size("block_count"))), ("n_inner", .integer(try keys.size("feed_forward_length"))),
      ("n_positions", .integer(try keys.size("context_length"))),
      ("layer_norm_epsilon", .number(try keys.number("attention.layer_norm_epsilon"))),
    ]
  }

  static let stablelm = GGUFArchitecture(name: "stablelm", modelType: "stablelm", turnsInPart: true) { keys in
    [
      ("use_qkv_bias", .bool(keys.file.contains("blk.0.attn_q.bias"))),
      ("use_parallel_residual", .bool(!keys.file.contains("blk.0.ffn_norm.weight"))),
    ]
  }
}
