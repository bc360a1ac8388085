extension Tokenizer {
  /// Reads `tokenizer.json` and, where it is there, `tokenizer_config.json`.
  public init(_ source: FileSource) throws {
    let config = "tokenizer_config.json"
    try self.init(
      json: source.bytes(of: "tokenizer.json", expected: "the model's tokenizer"),
      config: source.contains(config) ? source.bytes(of: config) : nil)
  }

  /// Reads a `tokenizer.json`. Its `truncation` and `padding` are not applied, as transformers does not either.
  /// - Parameter config: `tokenizer_config.json`, which names the special tokens.
  public init(json file: FileBytes, config: FileBytes? = nil) throws {
    let root = try Field(file)
    for part in ["normalizer", "decoder"] where root[part].exists {
      let type = try root[part]["type"].string()
      throw CheckpointError(file.name, .tokenizer(.unsupported(field: "\(part).type", found: type, read: ["null"])))
    }
    let added = try AddedTokens(root["added_tokens"])
    let model = try Self.model(root["model"])
    for token in added.tokens {
      if let id = model.id(of: token.content), id != token.id {
        throw CheckpointError(
          file.name, .tokenizer(.addedTokenMoved(token: token.content, added: token.id, vocabulary: id)))
      }
      if let other = model.token(token.id), !other.hasSameBytes(as: token.content) {
        throw CheckpointError(
          file.name, .tokenizer(.sharedId(id: token.id, first: other, second: token.content)))
      }
    }
    self.init(
      name: file.name,
      special: try config.map { try SpecialTokens(Field($0)) { added.id(of: $0) ?? model.id(of: $0) } } ?? .none,
      added: added, splitter: try WordSplitter(root["pre_tokenizer"]), model: model,
      template: try TokenTemplate(root["post_processor"]))
  }

  private static func model(_ field: Field) throws -> any TokenModel {
    let type = try field["type"].string()
    switch type {
    case "WordLevel": return try WordLevel(field)
    default:
      throw CheckpointError(
        field.file, .tokenizer(.unsupported(field: "model.type", found: type, read: ["WordLevel"])))
    }
  }
}
