extension Tokenizer {
  /// Reads `vocab.json` and `merges.txt`, for folders with neither `tokenizer.json` nor `tokenizer.model`.
  ///
  /// How they are used is the class's matter that `tokenizer_config.json` or `config.json` names (`MergeFileFamily`).
  /// - Throws: `TokenizerProblem` for a class that is not known, a token with two ids, a merge of what is no token.
  convenience init(mergeFiles source: FileSource) throws {
    func present(_ name: String) throws -> Field? { source.contains(name) ? try Field(source.bytes(of: name)) : nil }
    let file = try source.bytes(of: "vocab.json", expected: "the tokenizer's vocabulary")
    let lines = try source.bytes(of: "merges.txt", expected: "the merges that belong to vocab.json")
    try TokenTrie.check(file.count, file: file.name)
    try TokenTrie.check(lines.count, file: lines.name)
    let name = "tokenizer_config.json"
    let config = try present(name) ?? Field(.object(JSON.Object()), file: source.path(of: name))
    let family = try MergeFileFamily.named(config, model: present("config.json"))
    let vocabulary = try Vocabulary(Field(file))
    let listed = try ListedTokens(
      config, roles: present("special_tokens_map.json"), added: present("added_tokens.json"), family: family, vocabulary
    )
    let added = AddedTokens(listed.tokens, normalizer: family.normalizer)
    let special = try SpecialTokens(listed.settings) { added.id(of: $0) ?? vocabulary.id(of: $0) }
    var options = BytePairs.Options()
    options.isByteLevel = true
    if family.clipPattern != nil {
      options.endSuffix = Array("</w>".utf8)
      options.unknownToken = special.unknown?.text
    }
    let addsSpace = try config["add_prefix_space"].bool(or: false)
    let processor =
      try family.clipPattern != nil
      ? PostProcessor(before: special.beginning, after: special.end) : PostProcessor.none.following(config, special)
    self.init(
      name: file.name, special: special, added: added, normalizer: family.normalizer,
      splitter: try family.splitter(addsSpace: addsSpace, config),
      model: BytePairs(vocabulary: vocabulary, merges: try Self.merges(lines, vocabulary), options: options),
      processor: processor, decoder: .byteLevel)
  }

  /// A merge a line: two tokens with a space between, the first merge first.
  private static func merges(_ file: FileBytes, _ vocabulary: Vocabulary) throws -> MergeTable {
    let lines = file.withBytes { Array($0) }.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var pairs = MergePairs(vocabulary, expecting: lines.count)
    for (number, whole) in lines.enumerated() {
      let line = whole.last == UInt8(ascii: "\r") ? whole.dropLast() : whole
      if line.isEmpty || line.starts(with: "#version".utf8) { continue }
      let place = "line \(number + 1)"
      guard String(validating: line, as: UTF8.self) != nil else {
        throw CheckpointError(file.name, .tokenizer(.damaged(at: whole.startIndex, expected: "a line of UTF-8")))
      }
      try pairs.append(line: line, at: place, file: file.name)
    }
    return pairs.table
  }
}
