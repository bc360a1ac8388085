/// One token for each word that the vocabulary knows, and one for all others.
final class WordLevel: TokenModel {
  let vocabulary: Vocabulary
  private let unknownToken: String

  /// - Parameter field: `model` in `tokenizer.json`.
  init(_ field: Field) throws {
    vocabulary = try Vocabulary(field["vocab"])
    unknownToken = try field["unk_token"].string(or: "<unk>")
  }

  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Pieces.Piece], to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    try append(pieces, to: &tokens) { try append(text, $0, to: &$1) }
  }

  private func append(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to tokens: inout [TokenMark]) throws {
    let word = UnsafeBufferPointer(rebasing: text[range])
    let known = vocabulary.id(of: word)
    guard let id = known >= 0 ? Int(known) : vocabulary.id(of: unknownToken) else {
      throw TokenModelFailure(
        problem: .unknownWord(String(decoding: word, as: UTF8.self), unknownToken: unknownToken))
    }
    tokens.append(
      TokenMark(
        id: Int32(id), start: Int32(range.lowerBound), end: Int32(range.upperBound), isUnknown: known < 0))
  }
}
