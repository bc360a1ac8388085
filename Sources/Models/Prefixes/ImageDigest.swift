import Tensors

/// What prepared images are told apart by: 128 bits of their sizes and all their bytes.
public struct ImageDigest: Hashable, Sendable {
  private let a: UInt64
  private let b: UInt64

  public init(_ pixels: Tensor) {
    (a, b) = pixels.withUnsafeBytes { bytes in
      var (a, b) = (0x9E37_79B9_7F4A_7C15 as UInt64, 0xC2B2_AE3D_27D4_EB4F as UInt64)
      func add(_ word: UInt64) {
        a = Self.folded(a ^ word, 0xA076_1D64_78BD_642F)
        b = Self.folded(b &+ word, 0xE703_7ED1_A0B4_28DB)
      }
      for size in pixels.shape.sizes { add(UInt64(size)) }
      let whole = bytes.count & ~7
      for place in stride(from: 0, to: whole, by: 8) {
        add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
      }
      add(bytes[whole...].reversed().reduce(UInt64(bytes.count)) { $0 << 8 | UInt64($1) })
      return (a, b)
    }
  }

  /// A product of 64 by 64 bits, its halves folded onto each other.
  private static func folded(_ word: UInt64, _ factor: UInt64) -> UInt64 {
    let product = word.multipliedFullWidth(by: factor)
    return product.high ^ product.low ^ word
  }
}
