/// The alphabet that byte-level tokenizers spell bytes in: a character that can be seen for each of the 256.
enum ByteAlphabet {
  /// By byte, the code point.
  static let scalars: [UInt32] = {
    var scalars: [UInt32] = []
    var next: UInt32 = 256
    for byte in UInt32(0)...255 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: scalars.append(byte)
      default:
        scalars.append(next)
        next += 1
      }
    }
    return scalars
  }()

  private static let spellings: [[UInt8]] = scalars.map { scalar in
    var bytes: [UInt8] = []
    bytes.appendScalar(scalar)
    return bytes
  }

  /// By code point below 0x144, the byte; -1 where it is none's.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  static func spelling(of byte: UInt8) -> [UInt8] { spellings[Int(byte)] }

  /// The bytes that a token spells; nil where it is not in the alphabet.
  static func spelled(_ token: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(token.count)
    var next = 0
    while next < token.count {
      let (scalar, length) = decodedScalar(token, at: next)
      guard scalar < 0x144, bytes[Int(scalar)] >= 0 else { return nil }
      result.append(UInt8(bytes[Int(scalar)]))
      next += length
    }
    return result
  }

  /// `<0x00>` to `<0xFF>`, which stand for bytes where a vocabulary lacks a character.
  static let fallbackTokens: [[UInt8]] = (0..<256).map { byte in
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15], UInt8(ascii: ">")]
  }
}
