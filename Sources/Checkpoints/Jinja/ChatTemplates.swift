/// The chat templates that a model folder brings, by name; the usual one is called "default".
public struct ChatTemplates: Sendable {
  /// A template's text and the file it is in.
  public struct Entry: Equatable, Sendable {
    public let name: String
    public let text: String
    public let file: String
  }

  public let entries: [Entry]

  /// The template that prompts use unless they name another.
  public var `default`: Entry? { entries.first { $0.name == "default" } }

  /// Reads `chat_template.jinja`, else `chat_template.json`, else what `tokenizer_config.json` has under
  /// `chat_template`: a string, or a list of `{"name", "template"}`. Nothing is parsed yet.
  public init(_ source: FileSource) throws {
    let (alone, processor, config) = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json")
    if source.contains(alone) {
      let file = try source.bytes(of: alone)
      guard let text = file.withBytes({ String(validating: $0, as: UTF8.self) }) else {
        throw CheckpointError(
          file.name,
          .template(
            TemplateProblem(
              kind: .expected("text in UTF-8", found: "other bytes"), position: .init(line: 1, column: 1))))
      }
      entries = [Entry(name: "default", text: text, file: file.name)]
      return
    }
    for name in [processor, config] where source.contains(name) {
      let field = try Field(source.bytes(of: name))["chat_template"]
      guard field.exists else { continue }
      let place = "\(field.file) (chat_template)"
      guard case .array = field.value else {
        entries = [Entry(name: "default", text: try field.string(), file: place)]
        return
      }
      entries = try field.array().map {
        Entry(name: try $0["name"].string(), text: try $0["template"].string(), file: place)
      }
      return
    }
    entries = []
  }
}
