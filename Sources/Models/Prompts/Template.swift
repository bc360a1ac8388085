import Checkpoints

/// How a conversation is laid out around what is said and shown: a text in Jinja.
///
/// Templates of checkpoints get what transformers gives them. Those that are known by name are written for this library:
/// they see `beginning` (the token that starts a text, where the tokenizer has one), `system` where it was given,
/// `add_generation_prompt`, and `messages` with `role`, `text` and `images`.
public struct Template: Sendable {
  public let name: String
  /// In Jinja.
  public let text: String
  /// How it is given what is said.
  let form: Form
  /// What is wrong with the text is said when it is used: a model can be run without its template.
  let parsed: Result<JinjaTemplate, CheckpointError>

  enum Form: Sendable {
    /// As the named templates take it.
    case own
    /// As a string, with a character that stands for each image.
    case string
    /// As a list of images and texts.
    case parts
  }

  /// A template of your own, in the form of the named ones.
  public init(name: String, _ text: String) {
    self.init(name: name, text, file: "the template \(name)") { _ in .own }
  }

  private init(name: String, _ text: String, file: String, form: (JinjaTemplate) -> Form) {
    self.name = name
    self.text = text
    do {
      let template = try JinjaTemplate(text, name: file)
      self.parsed = .success(template)
      self.form = form(template)
    } catch let error as CheckpointError {
      self.parsed = .failure(error)
      self.form = .own
    } catch {
      self.parsed = .failure(CheckpointError(file, .file(.unreadable(reason: "\(error)"))))
      self.form = .own
    }
  }

  /// The template of a checkpoint.
  /// - Parameter seesImages: whether what is said is given as lists, as transformers' processors do; a template that
  ///   takes the other form only is given that.
  init(_ entry: ChatTemplates.Entry, seesImages: Bool) {
    self.init(name: entry.name == "default" ? "chat_template" : entry.name, entry.text, file: entry.file) { template in
      let forms: [Form] = seesImages ? [.parts, .string] : [.string, .parts]
      return forms.first { $0.keepsText(template) } ?? forms[0]
    }
  }

  /// The template that `tokenizer_config.json` names under `steersh.template`; without that key, the folder's own chat
  /// template, unless it is only the language model's; without one, the family's.
  static func `default`(of source: FileSource, family: Family, seesImages: Bool) throws -> Template {
    let file = "tokenizer_config.json"
    let field = source.contains(file) ? try Field(source.bytes(of: file))["steersh"]["template"] : nil
    if let field, field.exists {
      let name = try field.string()
      guard let template = all.first(where: { $0.name == name }) else {
        throw field.mustBe("one of \(all.map(\.name).joined(separator: ", "))")
      }
      return template
    }
    guard !family.ignoresChatTemplate, let entry = try ChatTemplates(source).default else { return family.template }
    return Template(entry, seesImages: seesImages)
  }

  /// - Throws: `ModelError.unknownTemplate`, which lists the known names.
  public static func named(_ name: String) throws -> Template {
    guard let template = all.first(where: { $0.name == name }) else {
      throw ModelError.unknownTemplate(name, known: all.map(\.name))
    }
    return template
  }
}

extension Template: Equatable {
  public static func == (left: Template, right: Template) -> Bool {
    left.name == right.name && left.text == right.text
  }
}

extension Template.Form {
  /// Whether a template that is given a question in this form prints it, and nothing of the form itself.
  fileprivate func keepsText(_ template: JinjaTemplate) -> Bool {
    let probe = "question"
    let text = JinjaValue.text(MarkedText(probe, source: 0))
    let content: JinjaValue =
      if case .parts = self {
        .list([Self.part("image"), Self.part("text", text)])
      } else { text }
    let message = JinjaValue.record([("role", .text("user")), ("content", content)])
    let variables: [String: JinjaValue] = [
      "messages": .list([message]), "add_generation_prompt": .bool(true), "bos_token": .text(""),
      "eos_token": .text(""),
      "tools": .none,
    ]
    guard let rendered = try? template.render(variables, clock: { _ in "" }) else { return false }
    return rendered.spans.contains { $0.scalars.count == probe.count } && !rendered.string.contains("'type': 'text'")
  }

  static func part(_ type: String, _ text: JinjaValue? = nil) -> JinjaValue {
    .record([("type", .text(MarkedText(type)))] + (text.map { [("text", $0)] } ?? []))
  }
}

extension JinjaValue {
  static func record(_ entries: [(String, JinjaValue)]) -> JinjaValue {
    .dictionary(JinjaDictionary(entries.map { (.text(MarkedText($0.0)), $0.1) }))
  }
}
