import Tensors

/// One random draw, named by its place rather than by those before it.
struct Draw {
  let seed: UInt64
  let sample: Int
  let step: Int

  /// A number in 0..<1.
  var uniform: Double {
    let key = RandomKey(seed: seed).fold("generate").fold(UInt64(bitPattern: Int64(sample))).fold(UInt64(step))
    return Double(key.word >> 11) * 0x1p-53
  }
}
