/// Cuts a template into tokens, with white space control as transformers sets it: the newline after a block tag and the
/// indentation before one go (`trim_blocks`, `lstrip_blocks`), and so does the template's last newline.
struct JinjaLexer {
  let source: [Unicode.Scalar]
  private(set) var tokens: [JinjaToken] = []
  private var place = 0
  /// Whether what came before ended a line.
  private var startsLine = true
  private var brackets: [(close: Unicode.Scalar, offset: Int)] = []

  init(_ text: String) {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    scalars = scalars.map { $0 == "\r" ? "\n" : $0 }
    if scalars.last == "\n" { scalars.removeLast() }
    source = scalars
  }

  mutating func run() throws -> [JinjaToken] {
    while place < source.count { try data() }
    add(.end, at: source.count)
    return tokens
  }

  private mutating func add(_ kind: JinjaToken.Kind, at offset: Int) {
    tokens.append(JinjaToken(kind: kind, offset: offset))
  }

  private func has(_ text: StaticString, at offset: Int) -> Bool {
    text.withUTF8Buffer { bytes in
      guard offset >= 0, offset + bytes.count <= source.count else { return false }
      for (place, byte) in bytes.enumerated() where source[offset + place] != Unicode.Scalar(byte) { return false }
      return true
    }
  }

  private enum Tag { case variable, block, comment }

  private func tag(at offset: Int) -> Tag? {
    guard source[offset] == "{", offset + 1 < source.count else { return nil }
    return switch source[offset + 1] {
    case "{": .variable
    case "%": .block
    case "#": .comment
    default: nil
    }
  }

  /// The text up to the next tag, and that tag.
  private mutating func data() throws {
    let start = place
    while place < source.count, tag(at: place) == nil { place += 1 }
    guard place < source.count, let tag = tag(at: place) else {
      addData(start..<place)
      return
    }
    let begin = place
    place += 2
    addData(control(start..<begin, tag))
    if tag == .block, let end = rawBegin() {
      place = end
      startsLine = source[end - 1] == "\n"
      return try raw(from: begin)
    }
    startsLine = false
    switch tag {
    case .comment: try comment(from: begin)
    case .variable:
      add(.variableBegin, at: begin)
      try inside(of: tag, from: begin)
    case .block:
      add(.blockBegin, at: begin)
      try inside(of: tag, from: begin)
    }
  }

  private mutating func addData(_ range: Range<Int>) {
    if !range.isEmpty { add(.data(Array(source[range])), at: range.lowerBound) }
  }

  /// What is left of the text before a tag. Reads the sign after the tag's opening.
  private mutating func control(_ text: Range<Int>, _ tag: Tag) -> Range<Int> {
    if has("-", at: place) {
      place += 1
      var end = text.upperBound
      while end > text.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
      return text.lowerBound..<end
    }
    if has("+", at: place) {
      place += 1
      return text
    }
    guard tag != .variable else { return text }
    let line = source[text].lastIndex(of: "\n").map { $0 + 1 } ?? text.lowerBound
    guard line > text.lowerBound || startsLine, source[line..<text.upperBound].allSatisfy(\.isPythonSpace) else {
      return text
    }
    return text.lowerBound..<line
  }

  private func pastSpace(_ offset: Int) -> Int {
    var offset = offset
    while offset < source.count, source[offset].isPythonSpace { offset += 1 }
    return offset
  }

  /// The end of `{% raw %}`, when that is what starts here.
  private func rawBegin() -> Int? {
    let name = pastSpace(place)
    guard has("raw", at: name) else { return nil }
    let end = pastSpace(name + 3)
    if has("-%}", at: end) { return pastSpace(end + 3) }
    return has("%}", at: end) ? end + 2 : nil
  }

  /// The end of a tag that closes at `offset` with `close`, and what its sign takes with it.
  private func closing(_ close: StaticString, at offset: Int) -> Int? {
    if has("-", at: offset), has(close, at: offset + 1) { return pastSpace(offset + 3) }
    if has("+", at: offset), has(close, at: offset + 1) { return offset + 3 }
    guard has(close, at: offset) else { return nil }
    return has("\n", at: offset + 2) ? offset + 3 : offset + 2
  }

  private mutating func close(at end: Int) {
    place = end
    startsLine = source[end - 1] == "\n"
  }

  private mutating func comment(from begin: Int) throws {
    while place < source.count {
      if let end = closing("#}", at: place) { return close(at: end) }
      place += 1
    }
    throw TemplateFailure(.expected("\"#}\" to end this comment", found: "the end of the template"), at: begin)
  }

  private mutating func raw(from begin: Int) throws {
    let start = place
    while place < source.count {
      if has("{%", at: place) {
        let text = start..<place
        let sign = place + 2
        let name = pastSpace(has("-", at: sign) || has("+", at: sign) ? sign + 1 : sign)
        if has("endraw", at: name), let end = closing("%}", at: pastSpace(name + 6)) {
          place = sign
          addData(control(text, .block))
          return close(at: end)
        }
      }
      place += 1
    }
    throw TemplateFailure(.expected("{% endraw %} to end this block", found: "the end of the template"), at: begin)
  }

  private mutating func inside(of tag: Tag, from begin: Int) throws {
    while true {
      place = pastSpace(place)
      guard place < source.count else {
        let close = tag == .block ? "\"%}\"" : "\"}}\""
        throw TemplateFailure(.expected("\(close) to end this tag", found: "the end of the template"), at: begin)
      }
      if brackets.isEmpty {
        if tag == .block, let end = closing("%}", at: place) {
          add(.blockEnd, at: place)
          return close(at: end)
        }
        if tag == .variable {
          if has("-}}", at: place) {
            add(.variableEnd, at: place)
            return close(at: pastSpace(place + 3))
          }
          if has("}}", at: place) {
            add(.variableEnd, at: place)
            return close(at: place + 2)
          }
        }
      }
      try token()
    }
  }
}

/// What stands inside of tags.
extension JinjaLexer {
  private mutating func token() throws {
    let scalar = source[place]
    if scalar == "'" || scalar == "\"" { return try string() }
    if scalar.isDigit { return try number() }
    if scalar == "_" || scalar.properties.isXIDStart {
      let start = place
      while place < source.count, source[place].properties.isXIDContinue { place += 1 }
      return add(.name(String(String.UnicodeScalarView(source[start..<place]))), at: start)
    }
    try mark()
  }

  private mutating func mark() throws {
    for long in ["//", "**", "==", "!=", ">=", "<="] as [StaticString] where has(long, at: place) {
      add(.mark("\(long)"), at: place)
      place += 2
      return
    }
    let scalar = source[place]
    switch scalar {
    case "(": brackets.append((")", place))
    case "[": brackets.append(("]", place))
    case "{": brackets.append(("}", place))
    case ")", "]", "}":
      guard let open = brackets.popLast() else {
        throw TemplateFailure(.expected("a value or an operator", found: "\"\(scalar)\""), at: place)
      }
      guard open.close == scalar else {
        throw TemplateFailure(.expected("\"\(open.close)\"", found: "\"\(scalar)\""), at: place)
      }
    case "+", "-", "/", "*", "%", "~", "<", ">", "=", ".", ":", "|", ",", ";": break
    default: throw TemplateFailure(.expected("a value or an operator", found: "\"\(scalar)\""), at: place)
    }
    add(.mark(String(scalar)), at: place)
    place += 1
  }

  private mutating func number() throws {
    let start = place
    func digits(_ offset: Int, _ isDigit: (Unicode.Scalar) -> Bool) -> Int {
      var end = offset
      while end < source.count,
        isDigit(source[end])
          || (source[end] == "_" && end > offset && end + 1 < source.count && isDigit(source[end + 1]))
      {
        end += 1
      }
      return end
    }
    if source[start] == "0", start + 1 < source.count {
      let base = ["b": 2, "B": 2, "o": 8, "O": 8, "x": 16, "X": 16][Character(source[start + 1])]
      if let base {
        let end = digits(start + 2) { Character($0).hexDigitValue.map { $0 < base } ?? false }
        let text = String(String.UnicodeScalarView(source[start + 2..<end].filter { $0 != "_" }))
        place = end
        guard let value = Int(text, radix: base) else { throw badNumber(start) }
        return add(.integer(value), at: start)
      }
    }
    var end = digits(start, \.isDigit)
    var isFloat = false
    let isMember = start > 0 && source[start - 1] == "."
    if !isMember {
      if has(".", at: end), end + 1 < source.count, source[end + 1].isDigit {
        (end, isFloat) = (digits(end + 1, \.isDigit), true)
      }
      if has("e", at: end) || has("E", at: end) {
        let sign = has("+", at: end + 1) || has("-", at: end + 1) ? end + 2 : end + 1
        if sign < source.count, source[sign].isDigit { (end, isFloat) = (digits(sign, \.isDigit), true) }
      }
    }
    let text = String(String.UnicodeScalarView(source[start..<end].filter { $0 != "_" }))
    place = end
    if isFloat {
      guard let value = Double(text) else { throw badNumber(start) }
      return add(.float(value), at: start)
    }
    guard let value = Int(text) else { throw badNumber(start) }
    add(.integer(value), at: start)
  }

  private func badNumber(_ start: Int) -> TemplateFailure {
    TemplateFailure(.expected("a number that fits 64 bits", found: "another one"), at: start)
  }

  private mutating func string() throws {
    let start = place
    let quote = source[start]
    place += 1
    var text: [Unicode.Scalar] = []
    while place < source.count {
      let scalar = source[place]
      place += 1
      if scalar == quote { return add(.string(text), at: start) }
      guard scalar == "\\", place < source.count else {
        text.append(scalar)
        continue
      }
      try escape(&text)
    }
    throw TemplateFailure(.expected("\(quote) to end this string", found: "the end of the template"), at: start)
  }

  /// The escapes of a Python string; a backslash before anything else stays.
  private mutating func escape(_ text: inout [Unicode.Scalar]) throws {
    let start = place - 1
    let letter = source[place]
    place += 1
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
      "v": "\u{B}",
    ]
    if let meant = simple[letter] { return text.append(meant) }
    if letter == "\n" { return }
    if letter == "N" {
      throw TemplateFailure(.unsupported("the escape \\N{…}", read: ["\\u and \\U with digits"]), at: start)
    }
    if letter >= "0" && letter <= "7" {
      var value = letter.value - 0x30
      var count = 1
      while count < 3, place < source.count, source[place] >= "0", source[place] <= "7" {
        value = value * 8 + source[place].value - 0x30
        (place, count) = (place + 1, count + 1)
      }
      return text.append(Unicode.Scalar(value) ?? "\u{FFFD}")
    }
    guard let width = ["x": 2, "u": 4, "U": 8][Character(letter)] else {
      text += ["\\", letter]
      return
    }
    let end = place + width
    guard end <= source.count, source[place..<end].allSatisfy({ $0.isASCII && $0.properties.isHexDigit }),
      let value = UInt32(String(String.UnicodeScalarView(source[place..<end])), radix: 16),
      let scalar = Unicode.Scalar(value)
    else {
      throw TemplateFailure(
        .expected("\(width) hexadecimal digits of a character after \\\(letter)", found: "others"), at: start)
    }
    place = end
    text.append(scalar)
  }
}

extension Unicode.Scalar {
  var isDigit: Bool { self >= "0" && self <= "9" }
}
