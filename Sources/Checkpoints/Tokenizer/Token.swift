/// One token of an encoded text.
public struct Token: Equatable, Sendable {
  public let id: Int
  /// The token as the vocabulary has it; for an unknown word that is the token for unknown words.
  public let text: String
  /// The UTF-8 bytes of the input that it stands for; empty for tokens that a template adds.
  public let range: Range<Int>
  /// Whether the vocabulary lacks what stands at `range`.
  public let isUnknown: Bool

  public init(id: Int, text: String, range: Range<Int>, isUnknown: Bool = false) {
    self.id = id
    self.text = text
    self.range = range
    self.isUnknown = isUnknown
  }
}

extension Sequence<Token> {
  /// The words of `text` that its tokens stand for without the vocabulary knowing them, each once, in order: what to
  /// warn a user about.
  public func unknownWords(in text: String) -> [String] {
    let bytes = Array(text.utf8)
    var words: [String] = []
    for token in self where token.isUnknown && token.range.upperBound <= bytes.count {
      let word = String(decoding: bytes[token.range], as: UTF8.self)
      if !words.contains(where: { $0.hasSameBytes(as: word) }) { words.append(word) }
    }
    return words
  }
}
