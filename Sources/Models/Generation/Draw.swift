/// One random draw, named by its place rather than by those before it.
struct Draw {
  let seed: UInt64
  let sample: Int
  let step: Int

  /// A number in 0..<1.
  var uniform: Double {
    Double(Self.mix(Self.mix(Self.mix(seed) ^ UInt64(sample)) ^ UInt64(step)) >> 11) * 0x1p-53
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var value = value &+ 0x9e37_79b9_7f4a_7c15
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
