extension Unicode.Scalar {
  /// Unicode's White_Space; the set has been closed for many versions.
  var isWhiteSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// What `\w` means to the `tokenizers` library: letters, marks, decimal digits, connecting punctuation and join
  /// controls (UTS #18, annex C) of its version of Unicode.
  var isWordCharacter: Bool { UnicodeTable.shared[value] & UnicodeTable.word != 0 }
}

/// The scalar that starts at `offset` and how many bytes it takes; `bytes` are valid UTF-8.
func scalar(in bytes: [UInt8], at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
  bytes.withUnsafeBufferPointer { buffer in
    let (value, length) = decodedScalar(buffer, at: offset)
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }
}

/// The scalar that ends before `offset`, and where it starts; nil at the start of `bytes`, which are valid UTF-8.
func scalar(in bytes: [UInt8], before offset: Int) -> (scalar: Unicode.Scalar, start: Int)? {
  guard let start = bytes[..<offset].lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return nil }
  return (scalar(in: bytes, at: start).scalar, start)
}

/// The same without bounds checks beyond the end of `bytes`, for the loops that see every byte.
@inline(__always)
func decodedScalar(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (value: UInt32, length: Int) {
  let lead = bytes[offset]
  if lead < 0x80 { return (UInt32(lead), 1) }
  func next(_ i: Int) -> UInt32 { offset + i < bytes.count ? UInt32(bytes[offset + i] & 0x3F) : 0 }
  if lead < 0xE0 { return (UInt32(lead & 0x1F) << 6 | next(1), 2) }
  if lead < 0xF0 { return (UInt32(lead & 0x0F) << 12 | next(1) << 6 | next(2), 3) }
  return (min(UInt32(lead & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 0x10FFFF), 4)
}

/// How many bytes the scalar takes that starts with `lead`.
@inline(__always)
func scalarLength(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

extension [UInt8] {
  @inline(__always)
  mutating func appendScalar(_ value: UInt32) {
    if value < 0x80 {
      append(UInt8(value))
    } else if value < 0x800 {
      append(UInt8(0xC0 | value >> 6))
      append(UInt8(0x80 | value & 0x3F))
    } else if value < 0x10000 {
      append(UInt8(0xE0 | value >> 12))
      append(UInt8(0x80 | value >> 6 & 0x3F))
      append(UInt8(0x80 | value & 0x3F))
    } else {
      append(UInt8(0xF0 | value >> 18))
      append(UInt8(0x80 | value >> 12 & 0x3F))
      append(UInt8(0x80 | value >> 6 & 0x3F))
      append(UInt8(0x80 | value & 0x3F))
    }
  }
}
