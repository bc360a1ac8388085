import Checkpoints

/// How a conversation is laid out around the user's text and images.
public struct Template: Sendable, Equatable {
  public enum Piece: Sendable, Equatable {
    /// The tokenizer's token for the beginning of a text.
    case beginning
    case literal(String)
    /// All images, each between `opening` and `separator`; nothing at all in a prompt without images.
    case images(opening: String = "", separator: String)
    case text
  }

  public let name: String
  public let pieces: [Piece]

  public init(name: String, pieces: [Piece]) {
    self.name = name
    self.pieces = pieces
  }

  /// What the embedded miniature was trained on.
  public static let minivlm = Template(
    name: "minivlm",
    pieces: [.beginning, .literal("user : "), .images(separator: " "), .text, .literal(" assistant :")])

  /// The conversation of LLaVA-1.5, which Vicuna v1.1 introduced.
  public static let vicuna = Template(
    name: "vicuna_v1",
    pieces: [
      .beginning,
      .literal(
        "A chat between a curious user and an artificial intelligence assistant. "
          + "The assistant gives helpful, detailed, and polite answers to the user's questions. USER: "),
      .images(separator: "\n"), .text, .literal(" ASSISTANT:"),
    ])

  /// The images and the text as they are.
  public static let plain = Template(name: "plain", pieces: [.beginning, .images(separator: "\n"), .text])

  /// The conversation of Qwen2-VL and Qwen2.5-VL, with the system message that their chat template puts in.
  public static let qwen2VL = Template(
    name: "qwen2_vl",
    pieces: [
      .literal("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"),
      .images(opening: "<|vision_start|>", separator: "<|vision_end|>"), .text,
      .literal("<|im_end|>\n<|im_start|>assistant\n"),
    ])

  public static let all = [minivlm, vicuna, plain, qwen2VL]

  /// - Throws: `ModelError.unknownTemplate`, which lists the known names.
  public static func named(_ name: String) throws -> Template {
    guard let template = all.first(where: { $0.name == name }) else {
      throw ModelError.unknownTemplate(name, known: all.map(\.name))
    }
    return template
  }

  /// The template that `tokenizer_config.json` names under `steersh.template`; without that key, the family's own.
  static func `default`(of source: FileSource, family: Family) throws -> Template {
    let file = "tokenizer_config.json"
    guard source.contains(file) else { return family.template }
    let field = try Field(source.bytes(of: file))["steersh"]["template"]
    guard field.exists else { return family.template }
    let name = try field.string()
    guard let template = all.first(where: { $0.name == name }) else {
      throw field.mustBe("one of \(all.map(\.name).joined(separator: ", "))")
    }
    return template
  }
}
