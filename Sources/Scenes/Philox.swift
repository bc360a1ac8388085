/// The counter-based generator Philox4x32-10: a key and a counter go in, 128 random bits come out. Draws need no state
/// and no order, so any scene can be made without the ones before it.
///
/// - Paper: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3 and table 2.
struct PhiloxKey {
  private let word: UInt64

  init(seed: UInt64) { word = seed }

  /// A key for a part of the work, independent of this one and of other parts'.
  func fold(_ part: UInt64) -> PhiloxKey {
    let (a, b, _, _) = philox(part, 1)
    return PhiloxKey(seed: UInt64(a) << 32 | UInt64(b))
  }

  /// Four random words for a place in one of several streams.
  func philox(_ place: UInt64, _ stream: UInt32 = 0) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = (UInt32(truncatingIfNeeded: place), UInt32(place >> 32), stream, UInt32(0))
    var (k0, k1) = (UInt32(truncatingIfNeeded: word), UInt32(word >> 32))
    for _ in 0..<10 {
      let left = UInt64(c0) * 0xD251_1F53
      let right = UInt64(c2) * 0xCD9E_8D57
      (c0, c1, c2, c3) = (
        UInt32(right >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: right), UInt32(left >> 32) ^ c3 ^ k1,
        UInt32(truncatingIfNeeded: left)
      )
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }
}
