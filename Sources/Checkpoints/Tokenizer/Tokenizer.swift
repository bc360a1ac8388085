/// Text to token ids and back, as the `tokenizers` library does it from the same `tokenizer.json`.
///
/// The steps are that library's: added tokens are cut out of the text first, the rest is split into words, and a
/// model turns each word into ids. Every token knows which bytes of the input it covers.
public struct Tokenizer: Sendable {
  /// The file it was read from, for errors.
  public let name: String
  public let special: SpecialTokens
  let added: AddedTokens
  let splitter: WordSplitter
  let model: any TokenModel
  let template: TokenTemplate

  /// How many tokens there are; ids may leave gaps.
  public var count: Int { model.count + added.tokens.count { model.id(of: $0.content) == nil } }

  /// The token with this id, or nil.
  public func token(_ id: Int) -> String? { added.content(of: id) ?? model.token(id) }

  /// The id of a token, given exactly as the vocabulary has it, or nil.
  public func id(of token: String) -> Int? { added.id(of: token) ?? model.id(of: token) }

  /// Whether decoding leaves this token out when it skips special tokens.
  public func isSpecial(_ id: Int) -> Bool { added.isSpecial(id) }

  /// The tokens of a text.
  /// - Parameter addSpecial: whether the template's tokens, such as one for the beginning, are added.
  /// - Throws: `TokenizerProblem.unknownWord` when a word is unknown and there is no token for unknown words.
  public func encode(_ text: String, addSpecial: Bool = true) throws -> [Token] {
    let bytes = Array(text.utf8)
    var tokens: [Token] = []
    for piece in added.split(bytes) {
      if let id = piece.id {
        tokens.append(Token(id: id, text: added.content(of: id) ?? "", range: piece.range))
        continue
      }
      for word in splitter.words(in: bytes, piece.range) {
        do { try model.append(bytes, word, to: &tokens) } catch let problem as TokenModelFailure {
          throw CheckpointError(name, .tokenizer(problem.problem))
        }
      }
    }
    return addSpecial ? template.wrap(tokens, byteCount: bytes.count) : tokens
  }

  /// The text of tokens. Ids that no token has are left out, as the `tokenizers` library does: a model's output may be
  /// wider than its vocabulary.
  /// - Parameter skipSpecial: whether special tokens are left out.
  public func decode(_ ids: some Sequence<Int>, skipSpecial: Bool = true) -> String {
    var tokens: [String] = []
    for id in ids where !(skipSpecial && isSpecial(id)) {
      if let token = token(id) { tokens.append(token) }
    }
    return tokens.joined(separator: " ")
  }
}
