extension Lexer {
  /// `12`, `1_000`, `0.5`, `2e-4`. A dot belongs to the number only before a digit, so `1..4` is a range and `1.abs` a
  /// member.
  mutating func number() {
    let start = position
    var isFloat = false
    var trouble = digits()
    if peek() == UInt8(ascii: "."), Self.isDigit(peek(1)) {
      isFloat = true
      position += 1
      trouble = digits() ?? trouble
    }
    if peek() | 0x20 == UInt8(ascii: "e") {
      let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
      if Self.isDigit(peek(1 + sign)) {
        isFloat = true
        position += 1 + sign
        trouble = digits() ?? trouble
      } else if sign == 1 || !Self.continuesWord(peek(1)) {
        position += 1 + sign
        trouble = "its exponent has no digits"
      }
    }
    if position < bytes.count, Self.continuesWord(bytes[position]), bytes[position] < 0x80 {
      while position < bytes.count, Self.continuesWord(bytes[position]), bytes[position] < 0x80 { position += 1 }
      trouble = trouble ?? "letters follow it directly"
    }
    if let trouble {
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      report(.malformedNumber, "`\(text)` is not a number: \(trouble)", Span(start, position))
      emit(.invalid, from: start)
    } else {
      emit(isFloat ? .float : .integer, from: start)
    }
  }

  /// Reads digits with single `_` between them; says what is wrong with them.
  private mutating func digits() -> String? {
    var trouble: String?
    while true {
      if Self.isDigit(peek()) {
        position += 1
      } else if peek() == UInt8(ascii: "_") {
        if !Self.isDigit(peek(1)) { trouble = "`_` stands only between digits" }
        position += 1
      } else {
        return trouble
      }
    }
  }
}
