import Checkpoints
import Tensors

/// Lays out a prompt token by token and notes what each one is.
struct PromptBuilder {
  let blueprint: Blueprint
  /// The texts of all turns.
  let text: String
  private(set) var ids: [Int] = []
  private var tokens: [TokenContext.Token] = []
  private var images: [TokenContext.ImageTokens] = []

  init(_ blueprint: Blueprint, text: String) {
    self.blueprint = blueprint
    self.text = text
  }

  /// A part of the rendered text that somebody said.
  private struct Said {
    let span: MarkedText.Span
    let source: PromptSource
  }

  mutating func append(_ template: Template, _ conversation: Conversation) throws {
    let (rendered, sources) = try template.rendered(conversation, blueprint.tokenizer)
    let bytes = Array(rendered.string.utf8)
    try beginning(template, bytes)
    var shown = conversation.images[...]
    let spans = rendered.spans
    let firstTurn = spans.first { if case .turn = sources[$0.source] { true } else { false } }?.range.lowerBound
    var (start, said): (Int, [Said]) = (0, [])
    for span in spans {
      switch sources[span.source] {
      case .turn, .system: said.append(Said(span: span, source: sources[span.source]))
      case .image:
        try append(bytes, start..<span.range.lowerBound, said, firstTurn, &shown, template)
        try appendNext(&shown, template)
        (start, said) = (span.range.upperBound, [])
      case .beginning:
        try append(bytes, start..<span.range.lowerBound, said, firstTurn, &shown, template)
        if let token = blueprint.tokenizer.special.beginning { append(token.id, .system) }
        (start, said) = (span.range.upperBound, [])
      }
    }
    try append(bytes, start..<bytes.count, said, firstTurn, &shown, template)
    guard shown.isEmpty else {
      throw ModelError.templateImages(template: template.name, found: images.count, expected: conversation.images.count)
    }
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

  /// transformers' processors put the tokenizer's beginning before what a chat template did not start with it; its
  /// tokenizers do not.
  private mutating func beginning(_ template: Template, _ bytes: [UInt8]) throws {
    guard template.form != .own, blueprint.configuration.vision != nil,
      let token = blueprint.tokenizer.special.beginning, !bytes.starts(with: token.text.utf8),
      try blueprint.tokenizer.encode("", addSpecial: true).first?.id == token.id
    else { return }
    append(token.id, .system)
  }

  private mutating func appendNext(_ shown: inout ArraySlice<PreparedImage>, _ template: Template) throws {
    guard let image = shown.popFirst() else {
      throw ModelError.templateImages(template: template.name, found: images.count + 1, expected: images.count)
    }
    try append(image)
  }

  /// Appends the positions of one image, for the projector's rows to take.
  mutating func append(_ image: PreparedImage) throws {
    guard let placeholder = blueprint.configuration.imageToken else { throw ModelError.noVision }
    let layout = try ImageLayout(image, blueprint.configuration)
    note(layout.tokens(at: ids.count))
    for _ in layout.features { append(placeholder, .image) }
  }

  /// Records where an image stands.
  mutating func note(_ image: TokenContext.ImageTokens) { images.append(image) }

  /// Tokenises a part of the rendered text as one, since a tokenizer may join what the template and the user wrote. The
  /// model's image token stands for an image where the template wrote it.
  private mutating func append(
    _ bytes: [UInt8], _ range: Range<Int>, _ said: [Said], _ firstTurn: Int?,
    _ shown: inout ArraySlice<PreparedImage>, _ template: Template
  ) throws {
    let part = String(decoding: bytes[range], as: UTF8.self)
    let encoded = try blueprint.tokenizer.encode(part, addSpecial: false)
    let unknown = encoded.unknownWords(in: part)
    guard unknown.isEmpty else { throw ModelError.unknownWords(unknown) }
    for token in encoded {
      let place = token.range.lowerBound + range.lowerBound..<token.range.upperBound + range.lowerBound
      let words = said.first { $0.span.range.overlaps(place) }
      if token.id == blueprint.configuration.imageToken {
        guard words == nil else { throw ModelError.placeholderInText(token.text) }
        try appendNext(&shown, template)
        continue
      }
      if token.id == blueprint.configuration.videoToken { throw ModelError.video(token: token.text) }
      ids.append(token.id)
      tokens.append(noted(token, place, words, firstTurn, isAfterImages: shown.isEmpty && !images.isEmpty))
    }
  }

  private func noted(
    _ token: Token, _ place: Range<Int>, _ said: Said?, _ firstTurn: Int?, isAfterImages: Bool
  ) -> TokenContext.Token {
    let text = blueprint.tokenizer.decode([token.id], skipSpecial: false)
    if let said, case .turn(let start, let words) = said.source {
      let characters = said.span.characters(of: place, in: words)
      return TokenContext.Token(
        id: token.id, role: .text, text: text, characters: start + characters.lowerBound..<start + characters.upperBound
      )
    }
    // Without any text, what follows the images is taken for what follows the text.
    let isBefore = firstTurn.map { place.lowerBound < $0 } ?? !isAfterImages
    return TokenContext.Token(
      id: token.id, role: said != nil || isBefore ? .system : .template, text: text, characters: nil)
  }
}

extension MarkedText.Span {
  /// Which UTF-8 bytes of the source a part of the rendered text stands for.
  /// - Parameters:
  ///   - place: bytes of the rendered text that overlap this span.
  ///   - words: the source.
  fileprivate func characters(of place: Range<Int>, in words: String) -> Range<Int> {
    let view = words.unicodeScalars
    func width(_ range: Range<Int>) -> Int {
      view.dropFirst(range.lowerBound).prefix(range.count).reduce(0) { $0 + UTF8.width($1) }
    }
    let start = width(0..<scalars.lowerBound)
    let count = width(scalars)
    // A template may have changed the case, and with it the length: then the whole span is all that can be said.
    guard count == range.count else { return start..<start + count }
    let part = place.clamped(to: range)
    return start + part.lowerBound - range.lowerBound..<start + part.upperBound - range.lowerBound
  }
}
