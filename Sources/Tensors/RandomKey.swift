/// Where random numbers come from: a key, and a counter that says which number. Nothing is kept between draws, so a number
/// depends only on the key and its place, on every machine and for every number of threads.
///
/// The generator is Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
public struct RandomKey: Hashable, Sendable {
  public let word: UInt64

  public init(seed: UInt64) { word = seed }

  /// A key for a part of the work, independent of this one and of other parts'.
  public func fold(_ part: UInt64) -> RandomKey {
    let (a, b, _, _) = philox(part, 1)
    return RandomKey(seed: UInt64(a) << 32 | UInt64(b))
  }

  /// A key for a named part of the work.
  public func fold(_ name: String) -> RandomKey {
    // FNV-1a, 64 bits; then told apart from numbered parts by the third counter word.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let (a, b, _, _) = philox(hash, 2)
    return RandomKey(seed: UInt64(a) << 32 | UInt64(b))
  }

  /// Four random words for a place in one of several streams.
  public func philox(_ place: UInt64, _ stream: UInt32 = 0) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = (UInt32(truncatingIfNeeded: place), UInt32(place >> 32), stream, UInt32(0))
    var (k0, k1) = (UInt32(truncatingIfNeeded: word), UInt32(word >> 32))
    for _ in 0..<10 {
      let (high0, low0) = c0.words(times: 0xD251_1F53)
      let (high1, low1) = c2.words(times: 0xCD9E_8D57)
      (c0, c1, c2, c3) = (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0)
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }

  /// 64 random bits for element `index`.
  func bits64(_ index: Int) -> UInt64 {
    let (a, b, _, _) = philox(UInt64(index), 3)
    return UInt64(a) << 32 | UInt64(b)
  }

  /// A number in 0..<`count` for element `index`, each equally likely but for a part in 2⁶⁴/count.
  func below(_ count: UInt64, _ index: Int) -> UInt64 { bits64(index).multipliedFullWidth(by: count).high }
}

extension UInt32 {
  fileprivate func words(times factor: UInt32) -> (high: UInt32, low: UInt32) {
    let product = UInt64(self) * UInt64(factor)
    return (UInt32(product >> 32), UInt32(truncatingIfNeeded: product))
  }
}
