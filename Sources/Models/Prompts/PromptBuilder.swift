import Checkpoints
import Tensors

/// Lays out a prompt token by token and notes what each one is.
struct PromptBuilder {
  let blueprint: Blueprint
  let text: String
  private(set) var ids: [Int] = []
  private var tokens: [TokenContext.Token] = []
  private var images: [TokenContext.ImageTokens] = []
  /// Template text and user text that stand side by side are tokenised as one.
  private var pending = ""
  private var userRange: Range<Int>?

  init(_ blueprint: Blueprint, text: String) {
    self.blueprint = blueprint
    self.text = text
  }

  mutating func append(_ template: Template, images prepared: [PreparedImage]) throws {
    for piece in template.pieces {
      switch piece {
      case .beginning: try beginning(template)
      case .literal(let literal): pending += literal
      case .images(let opening, let separator):
        for image in prepared {
          pending += opening
          try append(image)
          pending += separator
        }
      case .text:
        let start = pending.utf8.count
        pending += text
        userRange = start..<start + text.utf8.count
      }
    }
    try flush()
  }

  func prompt(images prepared: [PreparedImage]) -> Prompt {
    Prompt(
      ids: ids,
      context: TokenContext(tokens: tokens, promptCount: ids.count, images: images, userText: text),
      images: prepared.flatMap { $0.tiles.map(\.pixels) })
  }

  /// Notes a token that stands for no part of the user's text.
  mutating func append(_ id: Int, _ role: TokenContext.Role) {
    ids.append(id)
    // Some models have no token that stands for an image.
    let text = id < 0 ? "<image>" : blueprint.tokenizer.decode([id], skipSpecial: false)
    tokens.append(TokenContext.Token(id: id, role: role, text: text, characters: nil))
  }

  private mutating func beginning(_ template: Template) throws {
    try flush()
    guard let token = blueprint.tokenizer.special.beginning else {
      throw ModelError.templateToken(template: template.name, token: "bos_token")
    }
    append(token.id, .system)
  }

  /// Appends the positions of one image, for the projector's rows to take.
  mutating func append(_ image: PreparedImage) throws {
    try flush()
    guard let placeholder = blueprint.configuration.imageToken else { throw ModelError.noVision }
    let layout = try ImageLayout(image, blueprint.configuration)
    note(layout.tokens(at: ids.count))
    for _ in layout.features { append(placeholder, .image) }
  }

  /// Records where an image stands.
  mutating func note(_ image: TokenContext.ImageTokens) { images.append(image) }

  /// Tokenises the pending text.
  private mutating func flush() throws {
    defer { (pending, userRange) = ("", nil) }
    let encoded = try blueprint.tokenizer.encode(pending, addSpecial: false)
    let unknown = encoded.unknownWords(in: pending)
    guard unknown.isEmpty else { throw ModelError.unknownWords(unknown) }
    for token in encoded {
      if token.id == blueprint.configuration.imageToken { throw ModelError.placeholderInText(token.text) }
      if token.id == blueprint.configuration.videoToken { throw ModelError.video(token: token.text) }
      ids.append(token.id)
      tokens.append(noted(token))
    }
  }

  private func noted(_ token: Token) -> TokenContext.Token {
    let text = blueprint.tokenizer.decode([token.id], skipSpecial: false)
    guard let user = userRange, token.range.overlaps(user) else {
      let isBefore = userRange.map { token.range.lowerBound < $0.lowerBound } ?? true
      let role: TokenContext.Role = isBefore ? .system : .template
      return TokenContext.Token(id: token.id, role: role, text: text, characters: nil)
    }
    let part = token.range.clamped(to: user)
    let characters = part.lowerBound - user.lowerBound..<part.upperBound - user.lowerBound
    return TokenContext.Token(id: token.id, role: .text, text: text, characters: characters)
  }
}
