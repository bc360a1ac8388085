/// The tokens whose scores sum to the most: SentencePiece's unigram model.
final class Unigram: TokenModel {
  let vocabulary: Vocabulary
  /// Log-probabilities by id.
  private let scores: [Double]
  private let unknown: Int32?
  private let unknownScore: Double
  private let fallsBackToBytes: Bool
  private let byteTokens: [Int32]
  private let trie: TokenTrie
  /// Whether scores are added in single precision, as the `sentencepiece` library does.
  private let isSingle: Bool

  /// What an unknown character costs beyond the worst token.
  private static let penalty = 10.0

  /// - Parameters:
  ///   - scores: log-probabilities by id.
  ///   - trie: the tokens that can stand for text; nil for all.
  ///   - lowest: the worst score that counts for what an unknown character costs; nil for the worst of all.
  init(
    vocabulary: Vocabulary, scores: [Double], unknown: Int32?, fallsBackToBytes: Bool, isSingle: Bool = false,
    trie: TokenTrie? = nil, lowest: Double? = nil
  ) {
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknown = unknown
    self.fallsBackToBytes = fallsBackToBytes
    self.isSingle = isSingle
    unknownScore = (lowest ?? scores.min() ?? 0) - Self.penalty
    byteTokens = ByteAlphabet.fallbackTokens.map { vocabulary.id(of: $0) }
    self.trie = trie ?? TokenTrie(vocabulary)
  }

  /// - Parameter field: `model` in `tokenizer.json`.
  convenience init(_ field: Field) throws {
    let entries = field["vocab"]
    guard case .array(let list) = entries.value else { throw entries.mustBe("an array of tokens with their scores") }
    var vocabulary = Vocabulary(expecting: list.count)
    var scores: [Double] = []
    scores.reserveCapacity(list.count)
    for (id, entry) in list.enumerated() {
      guard case .array(let pair) = entry, pair.count == 2, case .string(let token) = pair[0] else {
        throw entries[id].mustBe("a token and its score")
      }
      switch pair[1] {
      case .number(let score): scores.append(score)
      case .integer(let score): scores.append(Double(score))
      default: throw entries[id].mustBe("a token and its score")
      }
      if let first = vocabulary.id(of: token) {
        throw CheckpointError(field.file, .tokenizer(.sharedToken(token: token, first: first, second: id)))
      }
      vocabulary.insert(token, id: id)
    }
    let unknown = field["unk_id"]
    self.init(
      vocabulary: vocabulary, scores: scores,
      unknown: unknown.exists ? Int32(try unknown.integer(in: 0..<max(list.count, 1))) : nil,
      fallsBackToBytes: try field["byte_fallback"].bool(or: false))
  }

  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Pieces.Piece], to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    try scratch.words.append(text, pieces, to: &tokens) { word, start, tokens in
      try appendUncached(word, at: start, to: &tokens, scratch)
    }
  }

  private func appendUncached(
    _ word: UnsafeBufferPointer<UInt8>, at start: Int32, to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    guard !word.isEmpty else { return }
    try findPath(word, scratch)
    // Backwards along the best path; what is unknown is one piece as long as it goes on.
    scratch.parts.removeAll(keepingCapacity: true)
    var end = word.count
    var unknownEnd: Int?
    while end > 0 {
      let step = scratch.path[end]
      let from = Int(step.origin)
      if step.id == unknown {
        if unknownEnd == nil { unknownEnd = end }
      } else {
        if let stop = unknownEnd { scratch.parts.append((end..<stop, nil)) }
        unknownEnd = nil
        scratch.parts.append((from..<end, step.id))
      }
      end = from
    }
    if let stop = unknownEnd { scratch.parts.append((0..<stop, nil)) }
    for (range, known) in scratch.parts.reversed() {
      let (first, last) = (start + Int32(range.lowerBound), start + Int32(range.upperBound))
      if let known {
        tokens.append(TokenMark(id: known, start: first, end: last))
        continue
      }
      // Characters that are unknown one by one may be a token together.
      let piece = UnsafeBufferPointer(rebasing: word[range])
      let id = vocabulary.id(of: piece)
      if id >= 0 {
        tokens.append(TokenMark(id: id, start: first, end: last))
      } else if fallsBackToBytes, piece.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
        for byte in piece { tokens.append(TokenMark(id: byteTokens[Int(byte)], start: first, end: last)) }
      } else if let unknown {
        tokens.append(TokenMark(id: unknown, start: first, end: last, isUnknown: true))
      } else {
        throw unknownWord(piece)
      }
    }
  }

  private func unknownWord(_ piece: UnsafeBufferPointer<UInt8>) -> TokenModelFailure {
    TokenModelFailure(problem: .unknownPiece(String(decoding: piece, as: UTF8.self)))
  }

  /// Leaves in `scratch.path`, for each place, the best token that ends there and where it starts.
  private func findPath(_ word: UnsafeBufferPointer<UInt8>, _ scratch: ModelScratch) throws {
    let count = word.count
    scratch.path.removeAll(keepingCapacity: true)
    scratch.path.append(contentsOf: repeatElement(ModelScratch.Step(score: 0, origin: -1, id: 0), count: count + 1))
    try scratch.path.withUnsafeMutableBufferPointer { path in
      try trie.withWalker { walker in
        var from = 0
        while from < count {
          let base = path[from].score
          let length = min(scalarLength(word[from]), count - from)
          var hasScalar = false
          func offer(_ end: Int, _ score: Double, _ id: Int32) {
            let sum = isSingle ? Double(Float(score) + Float(base)) : score + base
            if path[end].origin < 0 || sum > path[end].score {
              path[end] = ModelScratch.Step(score: sum, origin: Int32(from), id: id)
            }
          }
          walker.forEachToken(in: word, from: from) { token, end in
            offer(end, scores[Int(token)], token)
            if end - from == length { hasScalar = true }
          }
          if !hasScalar {
            guard let unknown else {
              throw unknownWord(UnsafeBufferPointer(rebasing: word[from..<from + length]))
            }
            offer(from + length, unknownScore, unknown)
          }
          from += length
        }
      }
    }
  }
}
