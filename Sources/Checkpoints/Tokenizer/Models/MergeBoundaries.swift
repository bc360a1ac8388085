/// Between which neighbouring characters a text can be cut without changing its tokens.
///
/// Merges only make tokens, so none crosses a place that no token has inside: two characters that are neighbours in no
/// token never join.
struct MergeBoundaries: Sendable {
  /// A bit for each pair of neighbours inside some token, at the pair's hash. Pairs that share a bit with one of these
  /// are not cut at, which only makes a word longer.
  private var bits: [UInt64]
  private let shift: UInt64
  /// Whether only places before a "▁" count: where a character can be unknown, and a run of such is one token.
  private let onlyBeforeSpace: Bool

  private static let space: UInt32 = 0x2581

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
    onlyBeforeSpace = !isSpelled
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
  }

  private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  @inline(__always)
  private static func hash(_ key: UInt64) -> UInt64 {
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return (product ^ product >> 32) &* 0x9FB2_1C65_1E98_DF25
  }

  /// Calls `body` with each part of the text at `range` that can be worked on alone, in order.
  @inline(__always)
  func forEachPart(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) throws -> Void
  ) rethrows {
    try bits.withUnsafeBufferPointer { bits in
      var start = range.lowerBound
      var next = start
      var before: UInt32 = 0
      while next < range.upperBound {
        let (scalar, length) = decodedScalar(text, at: next)
        if next > start, !onlyBeforeSpace || scalar == Self.space {
          let place = Self.hash(Self.key(before, scalar)) >> shift
          if bits[Int(place >> 6)] >> (place & 63) & 1 == 0 {
            try body(start..<next)
            start = next
          }
        }
        before = scalar
        next += length
      }
      if start < range.upperBound { try body(start..<range.upperBound) }
    }
  }
}
