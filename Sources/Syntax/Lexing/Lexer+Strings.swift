extension Lexer {
  /// Reads the text of a string up to its end or the next `{`.
  mutating func stringText(openedAt open: Int) {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        emitText(from: start)
        let quote = position
        position += 1
        return emit(.stringEnd, from: quote)
      case UInt8(ascii: "{"):
        emitText(from: start)
        let brace = position
        position += 1
        interpolations.append((open, 0))
        return emit(.interpolationStart, from: brace)
      case UInt8(ascii: "\\"): escape()
      case 0x0A: return unterminated(from: start, openedAt: open)
      case 0x80...: invalidBytes()
      default: position += 1
      }
    }
    unterminated(from: start, openedAt: open)
  }

  private mutating func emitText(from start: Int) {
    if position > start { emit(.stringText, from: start) }
  }

  private mutating func unterminated(from start: Int, openedAt open: Int) {
    if position > start, bytes[position - 1] == 0x0D { position -= 1 }
    emitText(from: start)
    reportUnterminated(openedAt: open)
    emit(.stringEnd, from: position, isRepair: true)
    closeInterpolations(reported: true)
  }

  private mutating func reportUnterminated(openedAt open: Int) {
    report(
      .unterminatedString, "this string has no closing `\"`", Span(open, position), "ends with the line",
      help: "close it on the same line; a line break inside a string is written `\\n`")
  }

  /// A string ends with its line: closes what is still open, innermost first.
  mutating func closeInterpolations(reported: Bool = false) {
    guard let outermost = interpolations.first else { return }
    if !reported { reportUnterminated(openedAt: outermost.string) }
    for _ in interpolations {
      emit(.interpolationEnd, from: position, isRepair: true)
      emit(.stringEnd, from: position, isRepair: true)
    }
    interpolations.removeAll()
  }

  /// Checks an escape; the parser decodes it.
  private mutating func escape() {
    let start = position
    position += 1
    guard position < bytes.count, bytes[position] != 0x0A else { return }
    let byte = bytes[position]
    if byte == UInt8(ascii: "u") {
      position += 1
      if Self.unicodeEscape(in: bytes, at: &position) == nil {
        report(
          .unknownEscape, "`\\u` needs a character's number in hexadecimal", Span(start, position),
          help: "write it as `\\u{1F600}`")
      }
    } else if Self.escapes[byte] != nil {
      position += 1
    } else {
      position += decodeScalar()?.length ?? 1
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      report(
        .unknownEscape, "`\(text)` is not an escape", Span(start, position),
        help: "the escapes are \\n \\t \\r \\\" \\\\ \\{ \\} \\u{…}; 'single quotes' take a backslash as it is")
    }
  }

  static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "\""): UInt8(ascii: "\""),
    UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "{"): UInt8(ascii: "{"), UInt8(ascii: "}"): UInt8(ascii: "}"),
  ]

  /// Reads `{1F600}` after `\u` and moves past it. nil when it is not one character's number; then `position` is past
  /// the digits that are there.
  static func unicodeEscape(in bytes: [UInt8], at position: inout Int) -> Unicode.Scalar? {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return nil }
    position += 1
    var value: UInt32 = 0
    var count = 0
    while position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue {
      value = count < 8 ? value << 4 | UInt32(digit) : .max
      count += 1
      position += 1
    }
    guard position < bytes.count, bytes[position] == UInt8(ascii: "}") else { return nil }
    position += 1
    return count > 0 && count <= 8 ? Unicode.Scalar(value) : nil
  }

  /// The text between quotes with its escapes replaced.
  static func unescape(_ bytes: [UInt8], _ span: Span) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(span.upper - span.lower)
    var position = span.lower
    while position < span.upper {
      let byte = bytes[position]
      position += 1
      guard byte == UInt8(ascii: "\\"), position < span.upper else {
        result.append(byte)
        continue
      }
      if let plain = escapes[bytes[position]] {
        result.append(plain)
        position += 1
      } else if bytes[position] == UInt8(ascii: "u") {
        position += 1
        if let scalar = unicodeEscape(in: bytes, at: &position) {
          result.append(contentsOf: Array(String(scalar).utf8))
        }
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  mutating func rawString() {
    let start = position
    position += 1
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "'"):
        position += 1
        return emit(.rawString, from: start)
      case 0x0A:
        return unterminatedRawString(from: start)
      case 0x80...: invalidBytes()
      default: position += 1
      }
    }
    unterminatedRawString(from: start)
  }

  private mutating func unterminatedRawString(from start: Int) {
    report(
      .unterminatedString, "this string has no closing `'`", Span(start, position), "ends with the line",
      help: "close it on the same line; text with a line break or a `'` goes between double quotes")
    emit(.invalid, from: start)
  }
}
