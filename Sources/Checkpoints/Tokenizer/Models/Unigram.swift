/// The tokens whose scores sum to the most: SentencePiece's unigram model.
struct Unigram: TokenModel {
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
  init(_ field: Field) throws {
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
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    try scratch.words.append(text, range, to: &tokens) { word, start, tokens in
      try appendUncached(word, at: start, to: &tokens, scratch)
    }
  }

  private func appendUncached(
    _ word: UnsafeBufferPointer<UInt8>, at start: Int32, to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    guard try findPath(word, scratch) else { return }
    // Backwards along the best path; what is unknown is one piece as long as it goes on.
    var pieces: [(start: Int, end: Int)] = []
    var end = word.count
    var unknownEnd: Int?
    while end > 0 {
      let from = Int(scratch.origins[end])
      if scratch.ids[end] == unknown {
        if unknownEnd == nil { unknownEnd = end }
      } else {
        if let stop = unknownEnd { pieces.append((end, stop)) }
        unknownEnd = nil
        pieces.append((from, end))
      }
      end = from
    }
    if let stop = unknownEnd { pieces.append((0, stop)) }
    for (from, to) in pieces.reversed() {
      let piece = UnsafeBufferPointer(rebasing: word[from..<to])
      let (first, last) = (start + Int32(from), start + Int32(to))
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

  /// Leaves in `scratch`, for each place, the best token that ends there and where it starts.
  private func findPath(_ word: UnsafeBufferPointer<UInt8>, _ scratch: ModelScratch) throws -> Bool {
    let count = word.count
    guard count > 0 else { return false }
    if scratch.scores.count <= count {
      scratch.scores = [Double](repeating: 0, count: count * 2 + 1)
      scratch.origins = [Int32](repeating: -1, count: count * 2 + 1)
      scratch.ids = [Int32](repeating: 0, count: count * 2 + 1)
    }
    for i in 0...count { (scratch.scores[i], scratch.origins[i]) = (0, -1) }
    var from = 0
    while from < count {
      let base = scratch.scores[from]
      let length = min(scalarLength(word[from]), count - from)
      var hasScalar = false
      func offer(_ end: Int, _ score: Double, _ id: Int32) {
        let sum = isSingle ? Double(Float(score) + Float(base)) : score + base
        if scratch.origins[end] < 0 || sum > scratch.scores[end] {
          scratch.scores[end] = sum
          scratch.origins[end] = Int32(from)
          scratch.ids[end] = id
        }
      }
      var node: Int32 = 0
      var next = from
      while next < count {
        node = trie.child(of: node, word[next])
        if node < 0 { break }
        next += 1
        let token = trie.token(at: node)
        if token >= 0 {
          offer(next, scores[Int(token)], token)
          if next - from == length { hasScalar = true }
        }
      }
      if !hasScalar {
        guard let unknown else {
          throw unknownWord(UnsafeBufferPointer(rebasing: word[from..<from + length]))
        }
        offer(from + length, unknownScore, unknown)
      }
      from += length
    }
    return true
  }
}
