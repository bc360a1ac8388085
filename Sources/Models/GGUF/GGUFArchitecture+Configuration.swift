import Checkpoints

extension GGUFArchitecture {
  /// A `config.json` of the same model.
  /// - Throws: errors that name the key.
  func configuration(_ file: GGUF) throws -> JSON.Object {
    func key(_ name: String) -> String { "\(self.name).\(name)" }
    func size(_ name: String, or fallback: Int? = nil) throws -> Int {
      try file.integer(key(name), in: 1...1 << 22, or: fallback)
    }
    if try file.integer(key("expert_count"), in: 0...1 << 16, or: 0) > 0 {
      throw file.mustBe(key("expert_count"), "0; mixtures of experts are not read")
    }
    let heads = try size("attention.head_count")
    let width = try size("embedding_length")
    let features = try size("attention.key_length", or: max(width / heads, 1))
    guard try size("attention.value_length", or: features) == features else {
      throw file.mustBe(key("attention.value_length"), "attention.key_length, \(features)")
    }
    // Tables may have rows for padding beyond the tokenizer's.
    let table = try file.entry(named: "token_embd.weight")
    var fields: [(String, JSON)] = [
      ("model_type", .string(modelType)), ("vocab_size", .integer(table.shape.first ?? 0)),
      ("hidden_size", .integer(width)), ("num_hidden_layers", .integer(try size("block_count"))),
      ("num_attention_heads", .integer(heads)),
      ("num_key_value_heads", .integer(try size("attention.head_count_kv", or: heads))),
      ("head_dim", .integer(features)), ("intermediate_size", .integer(try size("feed_forward_length"))),
      ("max_position_embeddings", .integer(try size("context_length"))),
      ("tie_word_embeddings", .bool(!file.contains("output.weight"))),
      ("rope_parameters", .object(JSON.Object(try rotary(file, features: features)))),
    ]
    for (own, name) in [
      ("attention.layer_norm_rms_epsilon", "rms_norm_eps"), ("attention.layer_norm_epsilon", "layer_norm_eps"),
    ] where file.value(key(own)) != nil {
      fields.append((name, .number(try file.number(key(own)))))
    }
    return JSON.Object(fields + (try self.fields(file)))
  }

  /// `rope_parameters` of a `config.json`.
  private func rotary(_ file: GGUF, features: Int) throws -> [(String, JSON)] {
    func key(_ name: String) -> String { "\(self.name).rope.\(name)" }
    let turned = try file.integer(key("dimension_count"), in: 2...1 << 16, or: features)
    guard turned == features else {
      throw file.mustBe(key("dimension_count"), "the width of a head, \(features)")
    }
    var fields: [(String, JSON)] = [("rope_theta", .number(try file.number(key("freq_base"), or: 10000)))]
    if let factors = try rotaryFactors(file, pairs: features / 2) {
      let list = JSON.array(factors.map { .number($0) })
      let original = try file.integer("\(name).context_length", in: 1...1 << 22)
      return fields + [
        ("rope_type", .string("longrope")), ("short_factor", list), ("long_factor", list),
        ("original_max_position_embeddings", .integer(original)), ("attention_factor", .number(1)),
      ]
    }
    let kind = try file.string(key("scaling.type"), or: file.value(key("scale_linear")) == nil ? "none" : "linear")
    switch kind {
    case "none": fields.append(("rope_type", .string("default")))
    case "linear":
      let factor = try file.number(
        file.value(key("scaling.factor")) == nil ? key("scale_linear") : key("scaling.factor"))
      fields += [("rope_type", .string("linear")), ("factor", .number(factor))]
    case "yarn":
      fields += [
        ("rope_type", .string("yarn")), ("factor", .number(try file.number(key("scaling.factor")))),
        (
          "original_max_position_embeddings",
          .integer(try file.integer(key("scaling.original_context_length"), in: 1...1 << 22))
        ),
      ]
    default: throw file.mustBe(key("scaling.type"), "one of \"none\", \"linear\", \"yarn\"")
    }
    return fields
  }

  /// What each pair of features is slowed by (Llama 3's scaling, worked out by the converter).
  private func rotaryFactors(_ file: GGUF, pairs: Int) throws -> [Double]? {
    let name = "rope_freqs.weight"
    guard file.contains(name) else { return nil }
    let entry = try file.entry(named: name)
    guard entry.shape == [pairs] else {
      throw ModelError.wrongShape(tensor: name, found: entry.shape, expected: [pairs], file: file.name)
    }
    guard entry.type == "f32" else {
      throw ModelError.wrongType(tensor: name, found: entry.type, expected: "f32", file: file.name)
    }
    return try file.tensor(named: name).floats().map { Double($0) }
  }
}
