/// A hash that tells data apart: FNV-1a of 64 bits, not against forgery.
public struct RunFingerprint: Sendable {
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325

  public init() {}

  public mutating func combine(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// A text and its end, so that "ab" and "c" are not "a" and "bc".
  public mutating func combine(_ text: String) {
    combine(text.utf8)
    combine([0xFF])
  }

  /// Sixteen digits.
  public var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
