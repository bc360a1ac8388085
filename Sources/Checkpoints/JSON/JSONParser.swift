/// Recursive descent over bytes, as RFC 8259 has it: no comments, no trailing commas, no NaN, no duplicate keys.
struct JSONParser {
  struct Failure: Error {
    let offset: Int
    let problem: JSONProblem.Syntax
  }

  let bytes: UnsafeRawBufferPointer
  let limits: JSON.Limits
  private var next = 0

  init(bytes: UnsafeRawBufferPointer, limits: JSON.Limits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws -> JSON {
    guard bytes.count <= limits.byteCount else {
      throw Failure(offset: 0, problem: .tooLong(limit: limits.byteCount))
    }
    let value = try self.value(depth: 0)
    skipSpace()
    guard next == bytes.count else { throw unexpected("the end of the file") }
    return value
  }

  private mutating func value(depth: Int) throws -> JSON {
    guard depth < limits.depth else { throw Failure(offset: next, problem: .tooDeep(limit: limits.depth)) }
    skipSpace()
    guard let byte = peek else { throw unexpected("a value") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func object(depth: Int) throws -> JSON {
    var object = JSON.Object()
    next += 1
    skipSpace()
    if take("}") { return .object(object) }
    while true {
      skipSpace()
      let start = next
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw unexpected("\":\" after the key \"\(key)\"") }
      let value = try self.value(depth: depth + 1)
      guard object.append(key, value) else { throw Failure(offset: start, problem: .duplicateKey(key)) }
      skipSpace()
      if take(",") { continue }
      guard take("}") else { throw unexpected("\",\" or \"}\"") }
      return .object(object)
    }
  }

  private mutating func array(depth: Int) throws -> JSON {
    var elements: [JSON] = []
    next += 1
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(",") { continue }
      guard take("]") else { throw unexpected("\",\" or \"]\"") }
      return .array(elements)
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
    let end = next + word.utf8CodeUnitCount
    guard end <= bytes.count,
      bytes[next..<end].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    else { throw unexpected("a value") }
    next = end
    return value
  }

  private mutating func number() throws -> JSON {
    let start = next
    var isInteger = true
    let isNegative = take("-")
    if !take("0") { try digits() }
    if take(".") {
      isInteger = false
      try digits()
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    if isInteger, !isNegative, next - start <= 18 {
      return .integer(bytes[start..<next].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }
    let text = String(decoding: bytes[start..<next], as: UTF8.self)
    // "-0" has a sign that an integer would lose.
    if isInteger, let integer = Int(text), !(isNegative && integer == 0) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw Failure(offset: start, problem: .numberTooLarge(text.count > 40 ? text.prefix(40) + "…" : text))
    }
    return .number(number)
  }

  private mutating func digits() throws {
    let start = next
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { next += 1 }
    if next == start { throw unexpected("a digit") }
  }
}

extension JSONParser {
  private var peek: UInt8? { next < bytes.count ? bytes[next] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    next += 1
    return true
  }

  private mutating func skipSpace() {
    while next < bytes.count, bytes[next] == 0x20 || bytes[next] == 0x0A || bytes[next] == 0x0D || bytes[next] == 0x09 {
      next += 1
    }
  }

  private func unexpected(_ expected: String) -> Failure {
    guard next < bytes.count else {
      return Failure(offset: next, problem: .expected(expected, found: "the end of the file"))
    }
    // A few bytes hold the longest scalar; what is broken decodes as U+FFFD.
    let scalar = String(decoding: bytes[next..<min(next + 4, bytes.count)], as: UTF8.self).unicodeScalars.first ?? " "
    let shown = scalar.value < 0x20 || scalar.value == 0x7F ? "byte \(scalar.value)" : "\"\(scalar)\""
    return Failure(offset: next, problem: .expected(expected, found: shown))
  }

  /// A string from its opening quote on.
  private mutating func string() throws -> String {
    let start = next
    next += 1
    let contentStart = next
    var highBits: UInt8 = 0
    while next < bytes.count {
      let byte = bytes[next]
      if byte == UInt8(ascii: "\"") {
        let content = UnsafeRawBufferPointer(rebasing: bytes[contentStart..<next])
        next += 1
        // Most strings are ASCII, where there is nothing to validate.
        return highBits < 0x80 ? String(decoding: content, as: UTF8.self) : try validated(content, from: start)
      }
      if byte == UInt8(ascii: "\\") { break }
      guard byte >= 0x20 else { throw Failure(offset: next, problem: .controlCharacter(byte)) }
      highBits |= byte
      next += 1
    }
    var content = Array(bytes[contentStart..<next])
    while next < bytes.count {
      let byte = bytes[next]
      if byte == UInt8(ascii: "\"") {
        next += 1
        return try content.withUnsafeBytes { try validated($0, from: start) }
      }
      guard byte >= 0x20 else { throw Failure(offset: next, problem: .controlCharacter(byte)) }
      if byte == UInt8(ascii: "\\") {
        content.append(contentsOf: String(try escape()).utf8)
      } else {
        content.append(byte)
        next += 1
      }
    }
    throw unexpected("the closing quote of a string")
  }

  private func validated(_ content: some Sequence<UInt8>, from start: Int) throws -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw Failure(offset: start, problem: .invalidUTF8)
    }
    return text
  }

  /// The scalar that an escape from its backslash on stands for.
  private mutating func escape() throws -> Unicode.Scalar {
    let start = next
    next += 1
    guard let kind = peek else { throw unexpected("an escaped character") }
    next += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      if let scalar = Unicode.Scalar(first) { return scalar }
      let lone = Failure(
        offset: start, problem: .loneSurrogate(String(decoding: bytes[start..<next], as: UTF8.self)))
      guard first < 0xDC00, take("\\"), take("u") else { throw lone }
      let second = try hexadecimal()
      guard (0xDC00...0xDFFF).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      else { throw lone }
      return scalar
    default:
      let shown = "\\" + (kind > 0x20 && kind < 0x7F ? String(Unicode.Scalar(kind)) : "(byte \(kind))")
      throw Failure(offset: start, problem: .unknownEscape(shown))
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw unexpected("four hexadecimal digits")
      }
      value = value << 4 + UInt32(digit)
      next += 1
    }
    return value
  }

  /// Where an offset lies, for a reader.
  func position(of offset: Int) -> JSONProblem.Position {
    let before = bytes[..<min(offset, bytes.count)]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = before.lazy.filter { $0 == UInt8(ascii: "\n") }.count + 1
    let column = before[lineStart...].lazy.filter { $0 & 0xC0 != 0x80 }.count + 1
    return JSONProblem.Position(line: line, column: column)
  }
}
