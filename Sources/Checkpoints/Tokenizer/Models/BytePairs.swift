/// Byte-pair encoding: a word is taken apart into characters or bytes, and neighbours join in the order of the merges.
final class BytePairs: TokenModel {
  /// What the model does beyond its merges; the names are those of `model` in `tokenizer.json`.
  struct Options: Sendable {
    var unknownToken: String?
    var continuingPrefix: [UInt8] = []
    var endSuffix: [UInt8] = []
    var fusesUnknown = false
    var fallsBackToBytes = false
    /// A word that is a token is that token, whatever the merges say.
    var ignoresMerges = false
    /// Whether words are bytes, and tokens are spelled in the alphabet of bytes (`ByteAlphabet`).
    var isByteLevel = false
  }

  let vocabulary: Vocabulary
  let options: Options
  private let merges: MergeTable
  private let unknown: Int32
  /// Ids of bytes, for byte-level words, and of ASCII characters otherwise: first and last, first, last, neither.
  private let single: [Int32]
  /// Ids of the tokens `<0x00>` to `<0xFF>`, -1 where there is none.
  private let byteTokens: [Int32]
  /// Where words may be cut once more; nil where they may not.
  let boundaries: MergeBoundaries?

  init(vocabulary: Vocabulary, merges: MergeTable, options: Options) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.options = options
    unknown = options.unknownToken.flatMap { vocabulary.id(of: $0) }.map { Int32($0) } ?? -1
    var single: [Int32] = []
    for kind in 0..<4 {
      for byte in UInt8.min...UInt8.max {
        var key = kind & 1 == 0 ? [] : options.continuingPrefix
        if options.isByteLevel { key += ByteAlphabet.spelling(of: byte) } else if byte < 0x80 { key.append(byte) }
        if kind & 2 == 2 { key += options.endSuffix }
        single.append(byte >= 0x80 && !options.isByteLevel ? -1 : vocabulary.id(of: key))
      }
    }
    self.single = single
    byteTokens = ByteAlphabet.fallbackTokens.map { vocabulary.id(of: $0) }
    boundaries = MergeBoundaries(vocabulary, merges, options, byteTokens: byteTokens, single: single)
  }

  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Pieces.Piece], to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    scratch.cut.removeAll(keepingCapacity: true)
    for piece in pieces {
      if piece.token >= 0 {
        scratch.cut.append(piece)
      } else if let boundaries {
        try boundaries.forEachPart(text, piece.range) { part in
          scratch.cut.append(word(text, part))
          // A text is cut into so many words that their list would be the largest of all.
          if scratch.cut.count >= Pieces.kept { try appendWords(text, to: &tokens, scratch) }
        }
      } else {
        scratch.cut.append(word(text, piece.range))
      }
    }
    try appendWords(text, to: &tokens, scratch)
  }

  /// A part of a text as a word. What is one byte is known at once.
  @inline(__always)
  private func word(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Pieces.Piece {
    var word = Pieces.Piece(start: range.lowerBound, end: range.upperBound)
    if range.count == 1 {
      // What is both first and last.
      let id = single[2 << 8 | Int(text[range.lowerBound])]
      if id != unknown { word.token = id }
    }
    return word
  }

  /// Turns the words that were cut into tokens.
  private func appendWords(
    _ text: UnsafeBufferPointer<UInt8>, to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    try scratch.words.append(text, scratch.cut, to: &tokens) { word, start, tokens in
      try appendUncached(word, at: start, to: &tokens, scratch)
    }
    scratch.cut.removeAll(keepingCapacity: true)
  }

  private func appendUncached(
    _ word: UnsafeBufferPointer<UInt8>, at start: Int32, to tokens: inout [TokenMark], _ scratch: ModelScratch
  ) throws {
    if options.ignoresMerges {
      let id: Int32
      if options.isByteLevel {
        scratch.bytes.removeAll(keepingCapacity: true)
        for byte in word { scratch.bytes += ByteAlphabet.spelling(of: byte) }
        id = vocabulary.id(of: scratch.bytes)
      } else {
        id = vocabulary.id(of: word)
      }
      if id >= 0 {
        tokens.append(TokenMark(id: id, start: start, end: start + Int32(word.count)))
        return
      }
    }
    scratch.symbols.removeAll(keepingCapacity: true)
    try appendSymbols(word, scratch)
    merge(scratch)
    var position = start
    var next = scratch.symbols.isEmpty ? -1 : 0
    while next >= 0 {
      let symbol = scratch.symbols[next]
      tokens.append(
        TokenMark(id: symbol.id, start: position, end: position + symbol.length, isUnknown: symbol.id == unknown))
      position += symbol.length
      next = Int(symbol.next)
    }
  }

  /// Takes a word apart into what the merges start from.
  private func appendSymbols(_ word: UnsafeBufferPointer<UInt8>, _ scratch: ModelScratch) throws {
    var pending: Int32 = 0
    func add(_ id: Int32, _ length: Int) {
      let count = Int32(scratch.symbols.count)
      if count > 0 { scratch.symbols[Int(count) - 1].next = count }
      scratch.symbols.append(
        ModelScratch.Symbol(id: id, length: Int32(length), previous: count - 1, next: -1))
    }
    var next = 0
    while next < word.count {
      let length = options.isByteLevel ? 1 : min(scalarLength(word[next]), word.count - next)
      let isFirst = next == 0
      let isLast = next + length == word.count
      var id = single[((isFirst ? 0 : 1) + (isLast ? 2 : 0)) << 8 | Int(word[next])]
      if length > 1 {
        let scalar = UnsafeBufferPointer(rebasing: word[next..<next + length])
        if options.continuingPrefix.isEmpty && options.endSuffix.isEmpty {
          id = vocabulary.id(of: scalar)
        } else {
          id = vocabulary.id(
            of: (isFirst ? [] : options.continuingPrefix) + Array(scalar) + (isLast ? options.endSuffix : []))
        }
      }
      if id >= 0 {
        if pending > 0 { add(unknown, Int(pending)) }
        pending = 0
        add(id, length)
      } else if options.fallsBackToBytes, !options.isByteLevel,
        (next..<next + length).allSatisfy({ byteTokens[Int(word[$0])] >= 0 })
      {
        for byte in word[next..<next + length] { add(byteTokens[Int(byte)], 1) }
      } else if let token = options.unknownToken {
        guard unknown >= 0 else {
          throw TokenModelFailure(
            problem: .unknownWord(String(decoding: word[next..<next + length], as: UTF8.self), unknownToken: token))
        }
        if pending > 0, !options.fusesUnknown {
          add(unknown, Int(pending))
          pending = 0
        }
        pending += Int32(length)
      }
      next += length
    }
    if pending > 0 { add(unknown, Int(pending)) }
  }

  /// Joins neighbours until none join: always the pair of the lowest rank, and of those the leftmost.
  private func merge(_ scratch: ModelScratch) {
    let count = scratch.symbols.count
    guard count > 1 else { return }
    if count > 48 { mergeWithHeap(scratch) } else { mergeByScanning(scratch) }
  }

  private func mergeByScanning(_ scratch: ModelScratch) {
    let count = scratch.symbols.count
    scratch.ranks.removeAll(keepingCapacity: true)
    scratch.merged.removeAll(keepingCapacity: true)
    for i in 0..<count - 1 {
      let (rank, id) = merges.find(scratch.symbols[i].id, scratch.symbols[i + 1].id)
      scratch.ranks.append(rank)
      scratch.merged.append(id)
    }
    scratch.ranks.append(MergeTable.none)
    scratch.merged.append(-1)
    scratch.symbols.withUnsafeMutableBufferPointer { symbols in
      scratch.ranks.withUnsafeMutableBufferPointer { ranks in
        scratch.merged.withUnsafeMutableBufferPointer { merged in
          var count = count
          while true {
            var (best, place) = (MergeTable.none, 0)
            for i in 0..<count - 1 where ranks[i] < best { (best, place) = (ranks[i], i) }
            guard best != MergeTable.none else { break }
            symbols[place].id = merged[place]
            symbols[place].length += symbols[place + 1].length
            for i in place + 1..<count - 1 {
              symbols[i].id = symbols[i + 1].id
              symbols[i].length = symbols[i + 1].length
              ranks[i] = ranks[i + 1]
              merged[i] = merged[i + 1]
            }
            count -= 1
            if place > 0 {
              (ranks[place - 1], merged[place - 1]) = merges.find(symbols[place - 1].id, symbols[place].id)
            }
            if place + 1 < count {
              (ranks[place], merged[place]) = merges.find(symbols[place].id, symbols[place + 1].id)
            } else {
              ranks[place] = MergeTable.none
            }
          }
          symbols[count - 1].next = -1
        }
      }
    }
  }

  private func mergeWithHeap(_ scratch: ModelScratch) {
    scratch.heap.removeAll(keepingCapacity: true)
    let count = scratch.symbols.count
    for i in 0..<count - 1 { push(i, i + 1, scratch) }
    while let top = CandidateHeap.pop(&scratch.heap) {
      let place = Int(top.position)
      let symbol = scratch.symbols[place]
      guard symbol.length > 0, symbol.next >= 0 else { continue }
      let next = Int(symbol.next)
      let right = scratch.symbols[next]
      // A candidate is out of date when either side has joined something else since.
      guard merges.find(symbol.id, right.id).id == top.id else { continue }
      scratch.symbols[place].id = top.id
      scratch.symbols[place].length += right.length
      scratch.symbols[place].next = right.next
      scratch.symbols[next].length = 0
      if right.next >= 0 {
        scratch.symbols[Int(right.next)].previous = top.position
        push(place, Int(right.next), scratch)
      }
      if symbol.previous >= 0 { push(Int(symbol.previous), place, scratch) }
    }
  }

  private func push(_ left: Int, _ right: Int, _ scratch: ModelScratch) {
    let (rank, id) = merges.find(scratch.symbols[left].id, scratch.symbols[right].id)
    guard rank != MergeTable.none else { return }
    CandidateHeap.push(ModelScratch.Candidate(rank: rank, position: Int32(left), id: id), &scratch.heap)
  }
}

/// A binary heap of merges to come: the lowest rank first, and of equal ranks the leftmost.
private enum CandidateHeap {
  private static func isBefore(_ a: ModelScratch.Candidate, _ b: ModelScratch.Candidate) -> Bool {
    a.rank != b.rank ? a.rank < b.rank : a.position < b.position
  }

  static func push(_ candidate: ModelScratch.Candidate, _ heap: inout [ModelScratch.Candidate]) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isBefore(heap[child], heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  static func pop(_ heap: inout [ModelScratch.Candidate]) -> ModelScratch.Candidate? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, isBefore(heap[child + 1], heap[child]) { child += 1 }
      guard isBefore(heap[child], heap[parent]) else { break }
      heap.swapAt(child, parent)
      parent = child
    }
    return top
  }
}
