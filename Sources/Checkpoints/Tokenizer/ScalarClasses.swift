extension Unicode.Scalar {
  /// Unicode's White_Space; the set has been closed for many versions.
  var isWhiteSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// What `\w` means in a Unicode regular expression (UTS #18, annex C): letters, marks, decimal digits, connecting
  /// punctuation and join controls. Code points assigned after the `tokenizers` library's tables count here already.
  var isWordCharacter: Bool {
    if value < 0x80 {
      return switch self {
      case "a"..."z", "A"..."Z", "0"..."9", "_": true
      default: false
      }
    }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    return switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: false
    }
  }
}

/// The scalar that starts at `offset` and how many bytes it takes; `bytes` are valid UTF-8.
func scalar(in bytes: [UInt8], at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
  let lead = bytes[offset]
  if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
  let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  var value = UInt32(lead) & (0x7F >> UInt32(length))
  for byte in bytes[min(offset + 1, bytes.count)..<min(offset + length, bytes.count)] {
    value = value << 6 | UInt32(byte & 0x3F)
  }
  return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
}

/// The scalar that ends before `offset`, and where it starts; nil at the start of `bytes`, which are valid UTF-8.
func scalar(in bytes: [UInt8], before offset: Int) -> (scalar: Unicode.Scalar, start: Int)? {
  guard let start = bytes[..<offset].lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return nil }
  return (scalar(in: bytes, at: start).scalar, start)
}
