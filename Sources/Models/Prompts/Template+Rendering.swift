import Checkpoints
import Glibc

/// What a part of a rendered conversation stands for, where the template did not write it.
enum PromptSource {
  /// The text of a turn; `start` is where it starts in the conversation's text, in UTF-8 bytes.
  case turn(start: Int, text: String)
  case system
  case image
  /// The tokenizer's token for the beginning of a text.
  case beginning
}

extension Template {
  /// The conversation as a text, and what its marks stand for.
  func rendered(
    _ conversation: Conversation, _ tokenizer: Tokenizer
  ) throws -> (text: MarkedText, sources: [PromptSource]) {
    let template = try parsed.get()
    var sources: [PromptSource] = []
    func marked(_ text: String, _ source: PromptSource) -> JinjaValue {
      sources.append(source)
      return .text(MarkedText(text, source: sources.count - 1))
    }
    // A character that stands for an object; only its mark counts.
    func image() -> JinjaValue { marked("\u{FFFC}", .image) }

    let special = tokenizer.special
    var variables: [String: JinjaValue] = [
      "add_generation_prompt": .bool(conversation.awaitsAnswer), "tools": .none, "documents": .none,
    ]
    for (name, token) in [
      ("bos_token", special.beginning), ("eos_token", special.end), ("pad_token", special.padding),
      ("unk_token", special.unknown),
    ] {
      if let token { variables[name] = .text(MarkedText(token.text)) }
    }
    if case .own = form {
      if let token = special.beginning {
        variables["bos_token"] = marked(token.text, .beginning)
        if try tokenizer.startsTexts(with: token) { variables["beginning"] = marked(token.text, .beginning) }
      }
      if let system = conversation.system { variables["system"] = marked(system, .system) }
    }
    var messages: [JinjaValue] = []
    if let system = conversation.system, form != .own {
      let text = marked(system, .system)
      messages.append(
        .record([("role", .text("system")), ("content", form == .parts ? .list([Form.part("text", text)]) : text)]))
    }
    var start = 0
    for turn in conversation.turns {
      let text = marked(turn.text, .turn(start: start, text: turn.text))
      start += turn.text.utf8.count + 1
      let role = JinjaValue.text(MarkedText(turn.role.rawValue))
      switch form {
      case .own:
        messages.append(.record([("role", role), ("text", text), ("images", .list(turn.images.map { _ in image() }))]))
      case .parts:
        let parts = turn.images.map { _ in Form.part("image") } + [Form.part("text", text)]
        messages.append(.record([("role", role), ("content", .list(parts))]))
      case .string:
        let content = try Self.joined.render(
          ["text": text, "images": .list(turn.images.map { _ in image() })], clock: { _ in "" })
        messages.append(.record([("role", role), ("content", .text(content))]))
      }
    }
    variables["messages"] = .list(messages)
    let text = try template.render(variables, clock: Self.today)
    let kept = Set(text.spans.map(\.source))
    for (index, source) in sources.enumerated() where !kept.contains(index) {
      guard case .turn(let start, let words) = source, words.contains(where: { !$0.isWhitespace }) else { continue }
      let turn = sources[..<index].count { if case .turn(let other, _) = $0 { other < start } else { false } }
      guard conversation.turns[turn].role == .user else { continue }
      throw ModelError.templateOmits(template: name, turn: turn + 1)
    }
    return (text, sources)
  }

  /// The content of a turn for templates that know of no images.
  private static let joined: JinjaTemplate = {
    let text = "{% for image in images %}{{ image ~ '\\n' }}{% endfor %}{{ text }}"
    do { return try JinjaTemplate(text, name: "images and text") } catch { preconditionFailure("\(error)") }
  }()

  /// Today by a format of `strftime`: the one thing that a template learns about the machine.
  private static func today(_ format: String) -> String {
    var seconds = time(nil)
    var day = tm()
    localtime_r(&seconds, &day)
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = strftime(&buffer, buffer.count, format, &day)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension Tokenizer {
  /// Whether texts start with this token. The models whose one special token ends a text, such as GPT-2, do not start with
  /// it unless the tokenizer's file says so.
  func startsTexts(with token: SpecialTokens.Named) throws -> Bool {
    try special.end != token || encode("", addSpecial: true).first?.id == token.id
  }
}
