extension Tokenizer {
  /// The patterns that GGUF files name under `tokenizer.ggml.pre`.
  private static let patterns: [String: (kind: PatternScanner.Kind, ignoresMerges: Bool)] = [
    "default": (.gpt2, false), "gpt-2": (.gpt2, false), "gpt2": (.gpt2, false), "phi-2": (.gpt2, false),
    "olmo": (.gpt2, false), "qwen2": (.modern(digits: 1), false), "stablelm2": (.modern(digits: 1), false),
    "llama-bpe": (.modern(digits: 3), true), "llama3": (.modern(digits: 3), true),
    "llama-v3": (.modern(digits: 3), true), "smaug-bpe": (.modern(digits: 3), false),
  ]

  /// A byte-level tokenizer from its tokens and merges; the id of a token is its place.
  ///
  /// - Parameters:
  ///   - name: the file, for errors.
  ///   - tokens: spelled in the alphabet of bytes, as in `vocab.json`.
  ///   - merges: two tokens with a space between, the first merge first.
  ///   - pattern: what text is cut at, by the names of GGUF's `tokenizer.ggml.pre`: `gpt-2`, `qwen2`, `llama-bpe`.
  ///   - kinds: what each token is; control and user-defined ones are cut out of a text. Empty if all are normal.
  ///   - addsBeginning, addsEnd: whether `encode` surrounds a text with `special.beginning` and `special.end`.
  /// - Throws: `TokenizerProblem` for an unknown pattern, a token that is there twice, or a merge of what is no token.
  public convenience init(
    name: String, tokens: [String], merges: [String], pattern: String, kinds: [SentencePiece.Kind] = [],
    special: SpecialTokens, addsBeginning: Bool = false, addsEnd: Bool = false, normalizesNFC: Bool = false
  ) throws {
    guard let (kind, ignoresMerges) = Self.patterns[pattern] else {
      throw CheckpointError(
        name,
        .tokenizer(
          .unsupported(field: "tokenizer.ggml.pre", found: pattern, read: Self.patterns.keys.sorted())))
    }
    try TokenTrie.check(tokens.reduce(0) { $0 + $1.utf8.count }, file: name)
    var vocabulary = Vocabulary(expecting: tokens.count)
    var added: [AddedTokens.Added] = []
    for (id, token) in tokens.enumerated() {
      if let first = vocabulary.id(of: token) {
        throw CheckpointError(name, .tokenizer(.sharedToken(token: token, first: first, second: id)))
      }
      vocabulary.insert(token, id: id)
      guard kinds.indices.contains(id), !token.isEmpty else { continue }
      switch kinds[id] {
      case .control, .unknown: added.append(AddedTokens.Added(id: id, content: token))
      case .userDefined: added.append(AddedTokens.Added(id: id, content: token, isSpecial: false))
      case .normal, .unused, .byte: break
      }
    }
    var pairs = MergePairs(vocabulary, expecting: merges.count)
    for (rank, merge) in merges.enumerated() { try pairs.append(line: merge.utf8, at: "merge \(rank)", file: name) }
    var options = BytePairs.Options()
    options.isByteLevel = true
    options.ignoresMerges = ignoresMerges
    self.init(
      name: name, special: special, added: AddedTokens(added, normalizer: .none),
      normalizer: normalizesNFC ? .form(.nfc) : .none,
      splitter: .sequence([
        .split(.scanner(PatternScanner(kind)), .isolated, inverts: false),
        .byteLevel(addsSpace: false, usesPattern: false),
      ]),
      model: BytePairs(vocabulary: vocabulary, merges: pairs.table, options: options),
      processor: PostProcessor(
        before: addsBeginning ? special.beginning : nil, after: addsEnd ? special.end : nil),
      decoder: .byteLevel)
  }
}
