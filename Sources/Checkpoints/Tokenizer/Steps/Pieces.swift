/// A text that is cut into pieces, some of which are tokens already.
struct Pieces: Sendable {
  struct Piece: Equatable {
    var start: Int
    var end: Int
    /// The added token that it is, -1 for none.
    var token: Int32 = -1
    var range: Range<Int> { start..<end }
  }

  private(set) var text = AlignedText([])
  private(set) var list: [Piece] = []
  /// Memory for the next list.
  private var spare: [Piece] = []

  /// Lists of more pieces than this are not kept for the next text.
  static let kept = 1 << 14

  /// Begins with one piece, the whole text.
  mutating func start(_ bytes: UnsafeBufferPointer<UInt8>) {
    text.start(bytes)
    list.removeAll(keepingCapacity: true)
    if !bytes.isEmpty { list.append(Piece(start: 0, end: bytes.count)) }
  }

  /// Lets go of the memory that only a long text needs.
  mutating func finish() {
    if text.bytes.capacity > 4 * Self.kept { text = AlignedText([]) }
    if list.capacity > Self.kept { list = [] }
    if spare.capacity > Self.kept { spare = [] }
  }

  /// Cuts every piece that is no token. Empty pieces are dropped.
  mutating func cut(_ body: (UnsafeBufferPointer<UInt8>, Range<Int>, inout [Piece]) -> Void) {
    spare.removeAll(keepingCapacity: true)
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in list {
        if piece.token >= 0 { spare.append(piece) } else { body(bytes, piece.range, &spare) }
      }
    }
    swap(&list, &spare)
  }

  /// Changes the text of every piece that is no token.
  /// - Parameter body: changes a text; the flag tells whether it did not leave it as it was.
  mutating func change(_ body: (inout AlignedText) -> Bool) {
    if list.count == 1, list[0].token < 0, list[0].range == text.bytes.indices {
      _ = body(&text)
      list[0].end = text.bytes.count
    } else {
      changeParts(body)
    }
    list.removeAll { $0.start == $0.end }
  }

  private mutating func changeParts(_ body: (inout AlignedText) -> Bool) {
    var parts: [AlignedText] = []
    var isChanged = false
    for piece in list {
      var part = text[piece.range]
      if piece.token < 0, body(&part) { isChanged = true }
      parts.append(part)
    }
    guard isChanged else { return }
    var start = 0
    for place in list.indices {
      let end = start + parts[place].bytes.count
      (list[place].start, list[place].end) = (start, end)
      start = end
    }
    text = parts.count == 1 ? parts[0] : AlignedText.joined(parts)
  }
}

/// What becomes of the matches of a pattern that a text is cut at.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  init(_ field: Field) throws {
    let text = try field.string()
    guard let behavior = Self(rawValue: text) else {
      throw field.mustBe("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous")
    }
    self = behavior
  }
}

/// Gathers matches and what lies between them into pieces.
struct SplitCollector {
  let range: Range<Int>
  let behavior: SplitBehavior
  /// Whether what lies between the matches counts as the match.
  let inverts: Bool
  private var done: Int
  private var wasMatch = false

  init(_ range: Range<Int>, _ behavior: SplitBehavior, inverts: Bool) {
    (self.range, self.behavior, self.inverts) = (range, behavior, inverts)
    done = range.lowerBound
  }

  @inline(__always)
  mutating func add(_ match: Range<Int>, to result: inout [Pieces.Piece]) {
    if done < match.lowerBound { put(done..<match.lowerBound, inverts, &result) }
    put(match, !inverts, &result)
    done = match.upperBound
  }

  mutating func finish(_ result: inout [Pieces.Piece]) {
    if done < range.upperBound { put(done..<range.upperBound, inverts, &result) }
  }

  @inline(__always)
  private mutating func put(_ part: Range<Int>, _ isMatch: Bool, _ result: inout [Pieces.Piece]) {
    switch behavior {
    case .removed:
      if !isMatch, !part.isEmpty { result.append(Pieces.Piece(start: part.lowerBound, end: part.upperBound)) }
    case .isolated:
      if !part.isEmpty { result.append(Pieces.Piece(start: part.lowerBound, end: part.upperBound)) }
    case .mergedWithPrevious, .mergedWithNext, .contiguous:
      let joins =
        switch behavior {
        case .contiguous: isMatch == wasMatch
        case .mergedWithPrevious: isMatch && !wasMatch
        default: !isMatch && wasMatch
        }
      if joins, part.lowerBound > range.lowerBound, let last = result.last, last.token < 0, last.end == part.lowerBound
      {
        result[result.count - 1].end = part.upperBound
      } else if !part.isEmpty {
        result.append(Pieces.Piece(start: part.lowerBound, end: part.upperBound))
      }
      wasMatch = isMatch
    }
  }
}
