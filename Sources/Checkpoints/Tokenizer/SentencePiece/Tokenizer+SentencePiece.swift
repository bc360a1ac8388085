extension Tokenizer {
  /// How a vocabulary of pieces is used, beyond the pieces: what `tokenizer.model`, or the keys `tokenizer.ggml.…` of a GGUF
  /// file, say.
  public struct PieceOptions: Sendable {
    /// Whether scores are summed (unigram); otherwise they order the merges of byte-pair encoding.
    public var isUnigram = false
    /// Whether a space is put before a text.
    public var addsSpace = true
    /// Whether it is also put behind each added token in the text, as transformers does with `legacy`.
    public var addsSpaceEverywhere = false
    public var removesExtraSpaces = false
    /// Whether what the vocabulary lacks becomes the tokens of its bytes, `<0x00>` to `<0xFF>`.
    public var fallsBackToBytes = true
    public var addsBeginning = true
    public var addsEnd = false
    /// SentencePiece's compiled character map; empty for none.
    public var charsmap: [UInt8] = []
    var spaceIsSuffix = false

    public init() {}
  }

  /// A SentencePiece tokenizer from its pieces; the id of a piece is its place.
  ///
  /// Control and user-defined pieces, and the unknown one, are cut out of a text as added tokens, as transformers does;
  /// the `sentencepiece` library takes control pieces in a text for text.
  /// - Parameters:
  ///   - name: the file, for errors.
  ///   - added: further tokens by id, such as one for images.
  /// - Throws: `TokenizerProblem` for a piece that is there twice, or a broken character map.
  public convenience init(
    name: String, pieces: [SentencePiece], options: PieceOptions, special: SpecialTokens, added: [(Int, String)] = []
  ) throws {
    try TokenTrie.check(pieces.reduce(0) { $0 + $1.text.utf8.count }, file: name)
    var vocabulary = Vocabulary(expecting: pieces.count)
    for (id, piece) in pieces.enumerated() {
      if piece.kind != .unused, let first = vocabulary.id(of: piece.text), pieces[first].kind != .unused {
        throw CheckpointError(name, .tokenizer(.sharedToken(token: piece.text, first: first, second: id)))
      }
      vocabulary.insert(piece.text, id: id)
    }
    var tokens: [AddedTokens.Added] = []
    for (id, piece) in pieces.enumerated() where !piece.text.isEmpty {
      switch piece.kind {
      case .control, .unknown: tokens.append(AddedTokens.Added(id: id, content: piece.text))
      case .userDefined: tokens.append(AddedTokens.Added(id: id, content: piece.text, isSpecial: false))
      case .normal, .unused, .byte: break
      }
    }
    for (id, text) in added where !text.isEmpty && vocabulary.id(of: text) == nil {
      guard !vocabulary.contains(id) else {
        throw CheckpointError(
          name, .tokenizer(.sharedId(id: id, first: vocabulary.text(of: id) ?? "", second: text)))
      }
      tokens.append(AddedTokens.Added(id: id, content: text))
    }
    var charsmap: Charsmap?
    if !options.charsmap.isEmpty {
      guard let made = Charsmap(options.charsmap) else {
        throw CheckpointError(
          name,
          .tokenizer(
            .unsupportedValue(
              field: "normalizer_spec.precompiled_charsmap", found: "\(options.charsmap.count) bytes",
              why: "they are no SentencePiece character map")))
      }
      charsmap = made
    }
    let normalizer = Normalizer.sentencePiece(
      SentencePieceNormalizer(
        charsmap: charsmap, prepends: !options.addsSpace ? .never : options.addsSpaceEverywhere ? .always : .first,
        removesExtraSpaces: options.removesExtraSpaces, spaceIsSuffix: options.spaceIsSuffix))
    var decoders: [TokenDecoder] = [
      .replace(.literal([0xE2, 0x96, 0x81]), content: [0x20]), .byteFallback, .fuse,
    ]
    if options.addsSpace { decoders.append(.strip(content: 0x20, start: 1, stop: 0)) }
    self.init(
      name: name, special: special, added: AddedTokens(tokens, normalizer: .none), normalizer: normalizer,
      splitter: .none, model: Self.model(vocabulary, pieces, options),
      processor: PostProcessor(
        before: options.addsBeginning ? special.beginning : nil, after: options.addsEnd ? special.end : nil),
      decoder: .sequence(decoders))
  }

  private static func model(
    _ vocabulary: Vocabulary, _ pieces: [SentencePiece], _ options: PieceOptions
  ) -> any TokenModel {
    let unknown = pieces.firstIndex { $0.kind == .unknown }
    func canStand(_ id: Int) -> Bool { pieces[id].kind == .normal || pieces[id].kind == .userDefined }
    if options.isUnigram {
      let trie = TokenTrie(
        pieces.enumerated().lazy.filter { canStand($0.offset) }.map { (Array($1.text.utf8), Int32($0)) })
      let normal = pieces.lazy.filter { $0.kind == .normal }.map { Double($0.score) }
      return Unigram(
        vocabulary: vocabulary, scores: pieces.map { Double($0.score) }, unknown: unknown.map { Int32($0) },
        fallsBackToBytes: options.fallsBackToBytes, isSingle: true, trie: trie, lowest: normal.min() ?? 0)
    }
    // Any two neighbours join that make a piece: the better its score, the earlier; equal scores from the left.
    var ranks: [Float: UInt32] = [:]
    for score in Set(pieces.map(\.score)).sorted(by: >) { ranks[score] = UInt32(ranks.count) }
    var merges = MergeTable(expecting: pieces.count * 2)
    for (id, piece) in pieces.enumerated() where canStand(id) {
      let bytes = Array(piece.text.utf8)
      guard let rank = ranks[piece.score], bytes.count > 1 else { continue }
      bytes.withUnsafeBufferPointer { bytes in
        for cut in 1..<bytes.count where bytes[cut] & 0xC0 != 0x80 {
          let left = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[..<cut]))
          let right = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[cut...]))
          if left >= 0, right >= 0, canStand(Int(left)), canStand(Int(right)) {
            merges.insert(left, right, rank: rank, id: Int32(id))
          }
        }
      }
    }
    var settings = BytePairs.Options()
    settings.unknownToken = unknown.map { pieces[$0].text }
    settings.fusesUnknown = true
    settings.fallsBackToBytes = options.fallsBackToBytes
    return BytePairs(vocabulary: vocabulary, merges: merges, options: settings)
  }

  /// Reads a `tokenizer.model`, for folders without a `tokenizer.json`.
  /// - Parameters:
  ///   - config: `tokenizer_config.json`, which names the special tokens and says whether they are added.
  ///   - added: `added_tokens.json`, which gives ids to further tokens.
  public convenience init(sentencePiece file: FileBytes, config: FileBytes? = nil, added: FileBytes? = nil) throws {
    let model = try SentencePieceFile(file)
    var options = PieceOptions()
    options.isUnigram = model.isUnigram
    options.addsSpace = model.addsSpace
    options.removesExtraSpaces = model.removesExtraSpaces
    options.fallsBackToBytes = model.fallsBackToBytes
    options.charsmap = model.charsmap
    options.spaceIsSuffix = model.spaceIsSuffix
    if !model.escapesSpaces {
      throw CheckpointError(
        file.name,
        .tokenizer(
          .unsupportedValue(
            field: "normalizer_spec.escape_whitespaces", found: "false", why: "spaces are always written as U+2581")))
    }
    let config = try config.map { try Field($0) }
    var further: [(Int, String)] = []
    if let added = try added.map({ try Field($0) }) {
      for token in try added.object().keys {
        further.append((try added[token].integer(in: 0...Int(Int32.max)), token))
      }
    }
    if let config {
      let listed = config["added_tokens_decoder"]
      for key in try listed.object(or: JSON.Object()).keys {
        guard let id = Int(key), (0...Int(Int32.max)).contains(id) else { throw listed[key].mustBe("under a token id") }
        let text = try listed[key]["content"].string()
        if !further.contains(where: { $0.0 == id }) { further.append((id, text)) }
      }
      options.addsSpaceEverywhere = try config["legacy"].bool(or: false)
      options.addsBeginning = try config["add_bos_token"].bool(or: true)
      options.addsEnd = try config["add_eos_token"].bool(or: false)
    }
    func named(_ id: Int) -> SpecialTokens.Named? {
      guard model.pieces.indices.contains(id) else { return nil }
      return SpecialTokens.Named(text: model.pieces[id].text, id: id)
    }
    var special = SpecialTokens.none
    if let config {
      special = try SpecialTokens(config) { text in
        model.pieces.firstIndex { $0.text.hasSameBytes(as: text) } ?? further.first { $0.1.hasSameBytes(as: text) }?.0
      }
    }
    special.beginning = special.beginning ?? named(model.beginning)
    special.end = special.end ?? named(model.end)
    special.unknown = special.unknown ?? named(model.unknown)
    special.padding = special.padding ?? named(model.padding)
    try self.init(name: file.name, pieces: model.pieces, options: options, special: special, added: further)
  }
}
