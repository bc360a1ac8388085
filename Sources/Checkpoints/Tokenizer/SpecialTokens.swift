/// The tokens with a role of their own, from `tokenizer_config.json`.
public struct SpecialTokens: Equatable, Sendable {
  public struct Named: Equatable, Sendable {
    public let text: String
    public let id: Int

    public init(text: String, id: Int) { (self.text, self.id) = (text, id) }
  }

  public internal(set) var beginning: Named?
  public internal(set) var end: Named?
  public internal(set) var padding: Named?
  public internal(set) var unknown: Named?
  /// Others by name, such as a token that stands for an image.
  public internal(set) var others: [Named] = []
  /// Jinja text that lays out a conversation, or nil.
  public internal(set) var chatTemplate: String?

  static let none = SpecialTokens()

  /// For tokenizers that name their tokens elsewhere, such as GGUF's.
  public init(
    beginning: Named? = nil, end: Named? = nil, padding: Named? = nil, unknown: Named? = nil, others: [Named] = [],
    chatTemplate: String? = nil
  ) {
    self.beginning = beginning
    self.end = end
    self.padding = padding
    self.unknown = unknown
    self.others = others
    self.chatTemplate = chatTemplate
  }

  /// - Parameter find: the id of a token's text.
  init(_ config: Field, find: (String) -> Int?) throws {
    func named(_ field: Field) throws -> Named? {
      guard field.exists else { return nil }
      // Either the text itself or an object that describes the token.
      let text = if case .object = field.value { try field["content"].string() } else { try field.string() }
      guard let id = find(text) else {
        throw CheckpointError(config.file, .tokenizer(.specialTokenUnknown(field: field.path, token: text)))
      }
      return Named(text: text, id: id)
    }
    beginning = try named(config["bos_token"])
    end = try named(config["eos_token"])
    padding = try named(config["pad_token"])
    unknown = try named(config["unk_token"])
    for list in [config["extra_special_tokens"], config["additional_special_tokens"]] {
      let fields: [Field]
      if case .object(let object) = list.value {
        fields = object.keys.map { list[$0] }
      } else {
        fields = try list.array(or: [])
      }
      for field in fields {
        if let token = try named(field), !others.contains(token) { others.append(token) }
      }
    }
    if case .string(let template) = config["chat_template"].value { chatTemplate = template }
  }
}
