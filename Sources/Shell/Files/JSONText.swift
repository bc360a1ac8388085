import Syntax

/// JSON as far as the shell reads it: a string in a flat object on a line.
enum JSONText {
  /// The string under `key` in a line that holds one flat object; nil when there is none or the line is damaged.
  static func string(_ key: String, in line: some StringProtocol) -> String? {
    let bytes = Array(line.utf8)
    let mark = Array("\(DiagnosticRenderer.quoted(key)):".utf8)
    guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}"), bytes.count > mark.count else {
      return nil
    }
    guard
      var index = (0..<(bytes.count - mark.count)).first(where: { bytes[$0..<($0 + mark.count)].elementsEqual(mark) })
    else { return nil }
    index += mark.count
    while index < bytes.count && bytes[index] == UInt8(ascii: " ") { index += 1 }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return nil }
    return unquoted(bytes[(index + 1)...])
  }

  /// What stands before the closing quote.
  private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String? {
    var result: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\"") { return String(validating: result, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      guard index < bytes.endIndex else { return nil }
      let escape = bytes[index]
      index += 1
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
      case UInt8(ascii: "u"):
        guard index + 4 <= bytes.endIndex else { return nil }
        let digits = String(decoding: bytes[index..<(index + 4)], as: UTF8.self)
        guard let value = UInt32(digits, radix: 16), let scalar = UnicodeScalar(value) else { return nil }
        result.append(contentsOf: String(scalar).utf8)
        index += 4
      default: return nil
      }
    }
    return nil
  }
}
