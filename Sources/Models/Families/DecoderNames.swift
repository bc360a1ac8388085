/// What a family calls the modules of a decoder, by the paths of our weights without `.weight` and `.bias`.
struct DecoderNames: Sendable {
  /// `model.embed_tokens`, and other names that its files may have.
  let whole: [String: [String]]
  /// What stands before a layer's number, the usual prefix first: `model.layers.`
  let layers: [String]
  /// `self_attn.q_proj`
  let blocks: [String: String]

  /// The names that a checkpoint may have for a weight, the usual one first; none for weights that no decoder has.
  func names(_ site: Site) -> [String] {
    guard site.stack == .decoder else { return [] }
    let module = site.point.module
    let modules =
      site.layer.map { layer in blocks[module.name].map { name in layers.map { "\($0)\(layer).\(name)" } } ?? [] }
      ?? whole[module.name] ?? []
    return modules.map { $0 + "." + module.parameter }
  }

  /// The same as places that hold that weight alone.
  func places(_ site: Site) -> [WeightPlace] { names(site).map { WeightPlace($0) } }

  /// The names of Llama, which most later decoders share, with other blocks' names put in or over them.
  static func llama(adding blocks: [String: String] = [:], norm: String = "norm") -> DecoderNames {
    DecoderNames(
      whole: ["embeddings": ["model.embed_tokens"], "norm": ["model.\(norm)"], "logits": ["lm_head"]],
      layers: ["model.layers."],
      blocks: [
        "attention.norm": "input_layernorm", "attention.query": "self_attn.q_proj",
        "attention.key": "self_attn.k_proj", "attention.value": "self_attn.v_proj",
        "attention.output": "self_attn.o_proj", "mlp.norm": "post_attention_layernorm", "mlp.gate": "mlp.gate_proj",
        "mlp.up": "mlp.up_proj", "mlp.down": "mlp.down_proj",
      ].merging(blocks) { $1 })
  }
}
