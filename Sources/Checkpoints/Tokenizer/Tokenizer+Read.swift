extension Tokenizer {
  /// Reads `tokenizer.json`; where that is not there, `tokenizer.model`, or `vocab.json` with `merges.txt`; and with it
  /// `tokenizer_config.json`.
  public convenience init(_ source: FileSource) throws {
    func present(_ name: String) throws -> FileBytes? { source.contains(name) ? try source.bytes(of: name) : nil }
    let config = try present("tokenizer_config.json")
    if !source.contains("tokenizer.json"), let file = try present("tokenizer.model") {
      try self.init(sentencePiece: file, config: config, added: present("added_tokens.json"))
    } else if !source.contains("tokenizer.json"), source.contains("vocab.json") {
      try self.init(mergeFiles: source)
    } else {
      try self.init(json: source.bytes(of: "tokenizer.json", expected: "the model's tokenizer"), config: config)
    }
  }

  /// Reads a `tokenizer.json`. Its `truncation` and `padding` are not applied, as transformers does not either.
  /// - Parameter config: `tokenizer_config.json`, which names the special tokens.
  public convenience init(json file: FileBytes, config: FileBytes? = nil) throws {
    try TokenTrie.check(file.count, file: file.name)
    let root = try Field(file)
    let normalizer = try Normalizer(root["normalizer"])
    let splitter = try WordSplitter(root["pre_tokenizer"])
    let model = try Self.model(root["model"], isByteLevel: splitter.endsInBytes)
    let tokens = try AddedTokens.tokens(root["added_tokens"])
    for token in tokens {
      if let id = model.vocabulary.id(of: token.content), id != token.id {
        throw CheckpointError(
          file.name, .tokenizer(.addedTokenMoved(token: token.content, added: token.id, vocabulary: id)))
      }
      if let other = model.vocabulary.text(of: token.id), !other.hasSameBytes(as: token.content) {
        throw CheckpointError(
          file.name, .tokenizer(.sharedId(id: token.id, first: other, second: token.content)))
      }
    }
    let added = AddedTokens(tokens, normalizer: normalizer)
    let config = try config.map { try Field($0) }
    let special =
      try config.map { try SpecialTokens($0) { added.id(of: $0) ?? model.vocabulary.id(of: $0) } } ?? .none
    self.init(
      name: file.name, special: special, added: added, normalizer: normalizer, splitter: splitter, model: model,
      processor: try PostProcessor(root["post_processor"]).following(config, special),
      decoder: try TokenDecoder(root["decoder"]))
  }

  private static func model(_ field: Field, isByteLevel: Bool) throws -> any TokenModel {
    let type = try field["type"].string()
    switch type {
    case "BPE": return try BytePairs(field, isByteLevel: isByteLevel)
    case "Unigram" where !isByteLevel: return try Unigram(field)
    case "WordLevel" where !isByteLevel: return try WordLevel(field)
    case "WordPiece" where !isByteLevel: return try WordPiece(field)
    case "Unigram", "WordLevel", "WordPiece":
      throw CheckpointError(
        field.file,
        .tokenizer(
          .unsupportedValue(field: field["type"].path, found: type, why: "after ByteLevel only BPE is read")))
    default:
      throw CheckpointError(
        field.file,
        .tokenizer(
          .unsupported(field: "model.type", found: type, read: ["BPE", "Unigram", "WordLevel", "WordPiece"])))
    }
  }
}

extension PostProcessor {
  /// What transformers makes of it: where `tokenizer_config.json` says `add_bos_token` or `add_eos_token`, a template of
  /// just those takes the place of the file's own.
  func following(_ config: Field?, _ special: SpecialTokens) throws -> PostProcessor {
    guard let config, config["add_bos_token"].exists || config["add_eos_token"].exists else { return self }
    func token(_ key: String, _ token: SpecialTokens.Named?) throws -> SpecialTokens.Named? {
      try config[key].bool(or: false) ? token : nil
    }
    return PostProcessor(
      before: try token("add_bos_token", special.beginning), after: try token("add_eos_token", special.end))
  }
}
