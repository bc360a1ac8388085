import Checkpoints
import Foundation

/// `Gemma2ForCausalLM`: norms before and after attention and MLP, every second layer with a window, scores and logits
/// capped, scaled embeddings.
enum Gemma2 {
  static let family = Family(
    decoder: "gemma2", configuration: { try decoder($0) }, places: { site, _ in names.places(site) })

  /// Absent fields have the values that `Gemma2Config` gives them.
  private static func decoder(_ config: Field) throws -> DecoderConfiguration {
    let fields = try DecoderFields(config, defaults(vocabulary: 256_000, positions: 8192))
    let rotary = try RotaryConfiguration.read(fields)
    let window = try fields.sharedWindow(or: 4096)
    return DecoderConfiguration(
      layers: fields.layers,
      block: try block(fields, softcap: softcap(config["attn_logit_softcapping"], or: 50)),
      pattern: try fields.windowed { $0 % 2 == 0 }.map { LayerPattern(window: $0 ? window : nil, rotary: 0) },
      rotaries: [rotary], vocabulary: fields.vocabulary, maximumPositions: fields.maximumPositions(rotary),
      scalesEmbeddings: true, tiedEmbeddings: try config["tie_word_embeddings"].bool(or: true),
      logitSoftcap: try softcap(config["final_logit_softcapping"], or: 30))
  }

  static func defaults(vocabulary: Int, positions: Int) -> DecoderFields.Defaults {
    .init(
      layers: 26, width: 2304, heads: 8, keyValueHeads: 4, headSize: 256, hidden: 9216, vocabulary: vocabulary,
      maximumPositions: positions)
  }

  static func block(
    _ fields: DecoderFields, softcap: Float?, queryKeyNorm: Bool = false
  ) throws -> BlockConfiguration {
    let config = fields.config
    try refuseBidirectional(config)
    let bias = try config["attention_bias"].bool(or: false)
    // Its first files said `hidden_act`, which the reference does not read.
    return try fields.gatedBlock(
      norm: .rmsLessOne, activation: config["hidden_activation"].activation(or: "gelu_pytorch_tanh"),
      queryKeyValueBias: bias, attentionOutputBias: bias, arrangement: .sandwich, queryKeyNorm: queryKeyNorm,
      attentionScale: Float(pow(config["query_pre_attn_scalar"].positive(or: 256), -0.5)), attentionSoftcap: softcap)
  }

  /// A null says that nothing is capped; an absent field has the family's default.
  static func softcap(_ field: Field, or fallback: Double?) throws -> Float? {
    field.exists ? Float(try field.positive()) : field.value == nil ? fallback.map { Float($0) } : nil
  }

  private static func refuseBidirectional(_ config: Field) throws {
    guard try !config["use_bidirectional_attention"].bool(or: false) else {
      throw config["use_bidirectional_attention"].mustBe("false; a decoder sees only what comes before")
    }
  }

  static let sandwich = [
    "attention.output.norm": "post_attention_layernorm", "mlp.norm": "pre_feedforward_layernorm",
    "mlp.output.norm": "post_feedforward_layernorm",
  ]
  private static let names = DecoderNames.llama(adding: sandwich)
}
