extension Lexer {
  /// The scalar at `position`, or nil when the bytes there are not UTF-8.
  func decodeScalar() -> (scalar: Unicode.Scalar, length: Int)? {
    let lead = peek()
    if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
    let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    guard lead >= 0xC2, lead <= 0xF4, position + length <= bytes.count else { return nil }
    var value = UInt32(lead) & (0x7F >> UInt32(length))
    for offset in 1..<length {
      let byte = bytes[position + offset]
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    let smallest: UInt32 = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }

  /// Moves past one character beyond ASCII, or past a run of bytes that are not UTF-8, which it reports.
  mutating func invalidBytes() {
    if let (_, length) = decodeScalar() {
      position += length
      return
    }
    let start = position
    while position < bytes.count, bytes[position] >= 0x80, decodeScalar() == nil { position += 1 }
    let shown = bytes[start..<min(position, start + 4)].map { "0x" + hexadecimal(UInt32($0), digits: 2) }
    report(
      .invalidUTF8, "the bytes \(shown.joined(separator: " ")) are not UTF-8", Span(start, position),
      help: "save the file in UTF-8")
  }

  /// A run of characters that start no token: one token, one diagnostic.
  mutating func unexpected() {
    let start = position
    guard let (scalar, length) = decodeScalar() else {
      invalidBytes()
      return emit(.invalid, from: start)
    }
    position += length
    let pair = String(decoding: bytes[start..<min(start + 2, bytes.count)], as: UTF8.self)
    if let word = Self.doubled[pair] {
      position = start + 2
      report(.unexpectedCharacter, "`\(pair)` is not an operator", Span(start, position), help: "write `\(word)`")
      return emit(.invalid, from: start)
    }
    while position < bytes.count, let next = decodeScalar(), next.scalar == scalar { position += next.length }
    report(
      .unexpectedCharacter, "\(describe(scalar)) means nothing here", Span(start, position),
      help: Self.meant[scalar].map { "write \($0)" })
    emit(.invalid, from: start)
  }

  private func describe(_ scalar: Unicode.Scalar) -> String {
    let isVisible =
      !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
      && scalar.properties.generalCategory != .format
    let name = scalar.properties.name.map { " (\($0.lowercased()))" } ?? ""
    let number = "U+\(hexadecimal(scalar.value, digits: 4))"
    if scalar.isASCII, isVisible { return "`\(scalar)`" }
    return isVisible ? "`\(scalar)`\(name)" : "the character \(number)\(name)"
  }

  private func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  private static let doubled = ["&&": "and", "||": "or"]

  private static let meant: [Unicode.Scalar: String] = [
    "!": "`not`", "&": "`and`", "|": "`or`, or `|>` for a pipe", "^": "`**` for a power", "\u{2212}": "`-`",
    "\u{2013}": "`-`", "\u{D7}": "`*`", "\u{B7}": "`*`", "\u{F7}": "`/`", "\u{2265}": "`>=`", "\u{2264}": "`<=`",
    "\u{2260}": "`!=`", "\u{2192}": "`->`", "\u{21D2}": "`=>`", "\u{201C}": "`\"`", "\u{201D}": "`\"`",
    "\u{2018}": "`'`", "\u{2019}": "`'`", "\u{A0}": "a plain space", "\u{2026}": "`..`", "\u{AC}": "`not`",
  ]
}
