/// The longest token that a word begins with, then the longest that goes on from there: BERT's model.
final class WordPiece: TokenModel {
  let vocabulary: Vocabulary
  private let unknownToken: String
  private let prefix: [UInt8]
  private let longestWord: Int

  /// - Parameter field: `model` in `tokenizer.json`.
  init(_ field: Field) throws {
    vocabulary = try Vocabulary(field["vocab"])
    unknownToken = try field["unk_token"].string(or: "[UNK]")
    prefix = Array(try field["continuing_subword_prefix"].string(or: "##").utf8)
    longestWord = try field["max_input_chars_per_word"].integer(in: 0..., or: 100)
  }

  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Pieces.Piece], to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    try append(pieces, to: &tokens) { try append(text, $0, to: &$1) }
  }

  private func append(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to tokens: inout [TokenMark]) throws {
    let before = tokens.count
    var characters = 0
    for offset in range where text[offset] & 0xC0 != 0x80 { characters += 1 }
    if characters <= longestWord, appendParts(text, range, to: &tokens) { return }
    tokens.removeSubrange(before...)
    guard let unknown = vocabulary.id(of: unknownToken) else {
      throw TokenModelFailure(
        problem: .unknownWord(String(decoding: text[range], as: UTF8.self), unknownToken: unknownToken))
    }
    tokens.append(
      TokenMark(id: Int32(unknown), start: Int32(range.lowerBound), end: Int32(range.upperBound), isUnknown: true))
  }

  private func appendParts(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to tokens: inout [TokenMark]
  ) -> Bool {
    var start = range.lowerBound
    while start < range.upperBound {
      var end = range.upperBound
      var found: Int32 = -1
      while end > start {
        if start == range.lowerBound {
          found = vocabulary.id(of: UnsafeBufferPointer(rebasing: text[start..<end]))
        } else {
          found = vocabulary.id(of: prefix + Array(text[start..<end]))
        }
        if found >= 0 { break }
        repeat { end -= 1 } while end > start && text[end] & 0xC0 == 0x80
      }
      guard found >= 0 else { return false }
      tokens.append(TokenMark(id: found, start: Int32(start), end: Int32(end)))
      start = end
    }
    return true
  }
}
