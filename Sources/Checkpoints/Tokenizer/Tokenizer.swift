/// Text to token ids and back, as the `tokenizers` library does it from the same `tokenizer.json`.
///
/// The steps are that library's: added tokens are cut out of the text first, the rest is normalised and split into
/// words, and a model turns each word into ids. Every token knows which bytes of the input it covers.
public final class Tokenizer: Sendable {
  /// The file it was read from, for errors.
  public let name: String
  public let special: SpecialTokens
  let added: AddedTokens
  let normalizer: Normalizer
  let splitter: WordSplitter
  let model: any TokenModel
  /// The model's; asked of the model, each of its tables would be counted.
  private let vocabulary: Vocabulary
  let processor: PostProcessor
  let decoder: TokenDecoder
  private let scratch = ScratchPool()

  init(
    name: String, special: SpecialTokens, added: AddedTokens, normalizer: Normalizer, splitter: WordSplitter,
    model: any TokenModel, processor: PostProcessor, decoder: TokenDecoder
  ) {
    self.name = name
    self.special = special
    self.added = added
    self.normalizer = normalizer
    self.splitter = splitter
    self.model = model
    vocabulary = model.vocabulary
    self.processor = processor
    self.decoder = decoder
  }

  /// How many tokens there are; ids may leave gaps.
  public var count: Int {
    vocabulary.count + added.tokens.count { vocabulary.id(of: $0.content) == nil }
  }

  /// The token with this id, or nil.
  public func token(_ id: Int) -> String? { added.content(of: id) ?? vocabulary.text(of: id) }

  /// The id of a token, given exactly as the vocabulary has it, or nil.
  public func id(of token: String) -> Int? { added.id(of: token) ?? vocabulary.id(of: token) }

  /// Whether decoding leaves this token out when it skips special tokens.
  public func isSpecial(_ id: Int) -> Bool { added.isSpecial(id) }

  /// The tokens of a text.
  /// - Parameter addSpecial: whether the template's tokens, such as one for the beginning, are added.
  /// - Throws: `TokenizerProblem.unknownWord` when a word is unknown and there is no token for unknown words.
  public func encode(_ text: String, addSpecial: Bool = true) throws -> [Token] {
    try withMarks(of: text) { marks, pieces in
      var tokens = marks.map { mark in
        let id = Int(mark.id)
        return Token(
          id: id, text: vocabulary.text(of: id) ?? added.content(of: id) ?? "",
          range: pieces.text.source(of: Int(mark.start)..<Int(mark.end)), isUnknown: mark.isUnknown)
      }
      processor.apply(to: &tokens, text, addSpecial: addSpecial, added: added)
      return tokens
    }
  }

  /// The ids of a text's tokens, without those that a template adds.
  public func ids(of text: String) throws -> [Int32] { try withMarks(of: text) { marks, _ in marks.map(\.id) } }

  /// Calls `body` with the tokens of a text, and the text that they are places in.
  private func withMarks<Result>(of text: String, _ body: ([TokenMark], Pieces) throws -> Result) throws -> Result {
    var text = text
    let count = text.utf8.count
    guard count <= Int(Int32.max) / 4 else { throw CheckpointError(name, .tokenizer(.textTooLong(bytes: count))) }
    return try scratch.with { scratch in
      text.withUTF8 { scratch.pieces.start($0) }
      defer { scratch.finish() }
      try cut(&scratch.pieces)
      try mark(scratch.pieces, scratch)
      return try body(scratch.tokens, scratch.pieces)
    }
  }

  /// Cuts a text into words.
  private func cut(_ pieces: inout Pieces) throws {
    added.cutFirst(&pieces)
    if !normalizer.isNone {
      pieces.change { text in
        normalizer.apply(to: &text)
        return true
      }
    }
    added.cutSecond(&pieces)
    splitter.apply(to: &pieces)
  }

  /// Turns words into tokens.
  private func mark(_ pieces: Pieces, _ scratch: ModelScratch) throws {
    scratch.tokens.removeAll(keepingCapacity: true)
    do {
      try pieces.text.bytes.withUnsafeBufferPointer { text in
        try model.append(text, pieces.list, to: &scratch.tokens, scratch)
      }
    } catch let problem as TokenModelFailure {
      throw CheckpointError(name, .tokenizer(problem.problem))
    }
  }

  /// The text of tokens. Ids that no token has are left out, as the `tokenizers` library does: a model's output may be
  /// wider than its vocabulary.
  /// - Parameter skipSpecial: whether special tokens are left out.
  public func decode(_ ids: some Sequence<Int>, skipSpecial: Bool = true) -> String {
    var tokens: [[UInt8]] = []
    for id in ids {
      if let (text, isSpecial) = added.decoded(id) {
        if !(skipSpecial && isSpecial) { tokens.append(text) }
      } else if vocabulary.contains(id) {
        let text = vocabulary.bytes(of: id)
        if !(skipSpecial && added.isSpecial(text: text)) { tokens.append(text) }
      }
    }
    return decoder.text(tokens)
  }
}
