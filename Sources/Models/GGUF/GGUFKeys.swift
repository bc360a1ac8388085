import Checkpoints

/// The metadata of a language model, whose keys begin with the architecture's name.
struct GGUFKeys {
  let file: GGUF
  let architecture: GGUFArchitecture

  func key(_ name: String) -> String { "\(architecture.name).\(name)" }
  func size(_ name: String, or fallback: Int? = nil) throws -> Int {
    try file.integer(key(name), in: 1...1 << 22, or: fallback)
  }
  func number(_ name: String, or fallback: Double? = nil) throws -> Double {
    try file.number(key(name), or: fallback)
  }
  func heads() throws -> Int { try size("attention.head_count") }
  func headSize() throws -> Int {
    try size("attention.key_length", or: max(size("embedding_length") / heads(), 1))
  }

  /// `null` where there is no window.
  func window() throws -> JSON {
    let window = try file.integer(key("attention.sliding_window"), in: 0...1 << 22, or: 0)
    return window == 0 ? .null : .integer(window)
  }

  /// A `config.json` of the same model.
  /// - Throws: errors that name the key.
  func configuration() throws -> JSON.Object {
    if try file.integer(key("expert_count"), in: 0...1 << 16, or: 0) > 0 {
      throw file.mustBe(key("expert_count"), "0; mixtures of experts are not read")
    }
    let (heads, features) = (try heads(), try headSize())
    guard try size("attention.value_length", or: features) == features else {
      throw file.mustBe(key("attention.value_length"), "attention.key_length, \(features)")
    }
    // Tables may have rows for padding beyond the tokenizer's.
    let table = try file.entry(named: "token_embd.weight")
    var fields: JSON.Object = [
      "model_type": .string(architecture.modelType), "vocab_size": .integer(table.shape.first ?? 0),
      "hidden_size": .integer(try size("embedding_length")), "num_hidden_layers": .integer(try size("block_count")),
      "num_attention_heads": .integer(heads),
      "num_key_value_heads": .integer(try size("attention.head_count_kv", or: heads)), "head_dim": .integer(features),
      "intermediate_size": .integer(try size("feed_forward_length")),
      "max_position_embeddings": .integer(try size("context_length")),
      "tie_word_embeddings": .bool(!file.contains("output.weight")), "rope_parameters": try rotary(),
    ]
    for (own, name) in [
      ("attention.layer_norm_rms_epsilon", "rms_norm_eps"), ("attention.layer_norm_epsilon", "layer_norm_eps"),
    ] where file.value(key(own)) != nil {
      fields[name] = .number(try number(own))
    }
    for (name, value) in try architecture.fields(self) { fields[name] = value }
    return fields
  }
}

/// The rotary embedding.
extension GGUFKeys {
  /// `rope_parameters` of a `config.json`.
  func rotary() throws -> JSON {
    let features = try headSize()
    let turned = try file.integer(key("rope.dimension_count"), in: 2...1 << 16, or: features)
    guard turned == features || architecture.turnsInPart && turned < features else {
      throw file.mustBe(key("rope.dimension_count"), "the width of a head, \(features)")
    }
    var fields: JSON.Object = ["rope_theta": .number(try number("rope.freq_base", or: 10000))]
    if turned < features { fields["partial_rotary_factor"] = .number(Double(turned) / Double(features)) }
    for (name, value) in try scaling(pairs: turned / 2) { fields[name] = value }
    return .object(fields)
  }

  private func scaling(pairs: Int) throws -> [(String, JSON)] {
    let original = JSON.integer(try size("rope.scaling.original_context_length", or: size("context_length")))
    // Llama 3's scaling, worked out by the converter, and LongRoPE's two lists.
    let short = try factors("rope_freqs", pairs) ?? factors("rope_factors_short", pairs)
    if let short, let long = try factors("rope_freqs", pairs) ?? factors("rope_factors_long", pairs) {
      return [
        ("rope_type", "longrope"), ("short_factor", short), ("long_factor", long),
        ("original_max_position_embeddings", original),
        ("attention_factor", .number(try number("rope.scaling.attn_factor", or: 1))),
      ]
    }
    let hasOldKey = file.value(key("rope.scale_linear")) != nil
    let kind = try file.string(key("rope.scaling.type"), or: hasOldKey ? "linear" : "none")
    switch kind {
    case "none": return [("rope_type", "default")]
    case "linear":
      return [
        ("rope_type", "linear"),
        ("factor", .number(try number(hasOldKey ? "rope.scale_linear" : "rope.scaling.factor"))),
      ]
    case "yarn":
      return [
        ("rope_type", "yarn"), ("factor", .number(try number("rope.scaling.factor"))),
        ("original_max_position_embeddings", original),
      ]
    default: throw file.mustBe(key("rope.scaling.type"), "one of \"none\", \"linear\", \"yarn\"")
    }
  }

  /// What each pair of features is slowed by.
  private func factors(_ name: String, _ pairs: Int) throws -> JSON? {
    let name = name + ".weight"
    guard file.contains(name) else { return nil }
    let entry = try file.entry(named: name)
    guard entry.shape == [pairs] else {
      throw ModelError.wrongShape(tensor: name, found: entry.shape, expected: [pairs], file: file.name)
    }
    guard entry.type == "f32" else {
      throw ModelError.wrongType(tensor: name, found: entry.type, expected: "f32", file: file.name)
    }
    return .array(try file.tensor(named: name).floats().map { .number(Double($0)) })
  }
}
