/// Between which neighbouring characters a text can be cut without changing its tokens.
///
/// Merges only make tokens, so none crosses a place that no token has inside: two characters that are neighbours in no
/// token never join.
struct MergeBoundaries: Sendable {
  /// A bit for each pair of neighbours inside some token, at the pair's hash. Pairs that share a bit with one of these
  /// are not cut at, which only makes a word longer.
  private var bits: [UInt64]
  private let shift: UInt64
  /// What this says of neighbours of two kinds: ASCII characters are kinds of their own, "▁" is one, all others are one.
  private var answers: [Answer]

  private static let space: UInt32 = 0x2581
  private static let spaceKind = 0x80
  private static let otherKind = 0x81
  private static let kinds = 0x82

  private enum Answer: UInt8 {
    case joins, cuts, unknown
  }

  /// - Parameters:
  ///   - byteTokens: the ids of `<0x00>` to `<0xFF>`, -1 where there is none.
  ///   - single: the ids of ASCII characters, -1 where there is none.
  /// - Returns: nil where a text cannot be cut at all.
  init?(
    _ vocabulary: Vocabulary, _ merges: MergeTable, _ options: BytePairs.Options, byteTokens: [Int32], single: [Int32]
  ) {
    guard !options.isByteLevel, options.continuingPrefix.isEmpty, options.endSuffix.isEmpty, !options.ignoresMerges
    else { return nil }
    // A character without a token becomes those of its bytes, whose texts say nothing of what joins.
    let isSpelled = options.fallsBackToBytes && byteTokens.allSatisfy { $0 >= 0 }
    if options.fallsBackToBytes {
      let spelling = (0..<256).filter { byteTokens[$0] >= 0 && ($0 >= 0x80 || single[$0] < 0) }
      guard !merges.involves(Set(spelling.map { byteTokens[$0] })) else { return nil }
    }
    guard isSpelled || vocabulary.id(of: "\u{2581}") != nil else { return nil }
    var pairs: Set<UInt64> = []
    for id in vocabulary.ids {
      vocabulary.withBytes(of: id) { bytes in
        var before: UInt32?
        var next = 0
        while next < bytes.count {
          let (scalar, length) = decodedScalar(bytes, at: next)
          if let before { pairs.insert(Self.key(before, scalar)) }
          before = scalar
          next += length
        }
      }
    }
    // One bit in 32 is set, or fewer.
    var width: UInt64 = 10
    while 1 << width < pairs.count * 32 { width += 1 }
    shift = 64 - width
    bits = [UInt64](repeating: 0, count: 1 << (width - 6))
    for pair in pairs {
      let place = Self.hash(pair) >> shift
      bits[Int(place >> 6)] |= 1 << (place & 63)
    }
    answers = []
    // Where a character can be unknown, a run of such is one token: then only places before a "▁" count.
    for left in 0..<Self.kinds {
      for right in 0..<Self.kinds {
        let answer: Answer =
          if !isSpelled && right != Self.spaceKind {
            .joins
          } else if left == Self.otherKind || right == Self.otherKind {
            .unknown
          } else {
            join(Self.scalar(left), Self.scalar(right)) ? .joins : .cuts
          }
        answers.append(answer)
      }
    }
  }

  /// The scalar that a kind other than that of all others is.
  private static func scalar(_ kind: Int) -> UInt32 { kind == spaceKind ? space : UInt32(kind) }

  private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  @inline(__always)
  private static func hash(_ key: UInt64) -> UInt64 {
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return (product ^ product >> 32) &* 0x9FB2_1C65_1E98_DF25
  }

  /// Whether two neighbours can be inside one token.
  @inline(__always)
  private func join(_ left: UInt32, _ right: UInt32) -> Bool {
    let place = Self.hash(Self.key(left, right)) >> shift
    return bits[Int(place >> 6)] >> (place & 63) & 1 == 1
  }

  /// Calls `body` with each part of the text at `range` that can be worked on alone, in order.
  @inline(__always)
  func forEachPart(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) throws -> Void
  ) rethrows {
    guard !range.isEmpty else { return }
    try answers.withUnsafeBufferPointer { answers in
      var start = range.lowerBound
      var before = start
      var (kindBefore, length) = Self.kind(text, at: start)
      var next = start + length
      while next < range.upperBound {
        let (kind, length) = Self.kind(text, at: next)
        var answer = answers[kindBefore * Self.kinds + kind]
        if answer == .unknown {
          answer = join(decodedScalar(text, at: before).value, decodedScalar(text, at: next).value) ? .joins : .cuts
        }
        if answer == .cuts {
          try body(start..<next)
          start = next
        }
        (before, kindBefore) = (next, kind)
        next += length
      }
      try body(start..<range.upperBound)
    }
  }

  /// The kind of the scalar at an offset, and its length.
  @inline(__always)
  private static func kind(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> (kind: Int, length: Int) {
    let lead = text[offset]
    if lead < 0x80 { return (Int(lead), 1) }
    if lead == 0xE2, offset + 2 < text.count, text[offset + 1] == 0x96, text[offset + 2] == 0x81 {
      return (spaceKind, 3)
    }
    return (otherKind, scalarLength(lead))
  }
}
