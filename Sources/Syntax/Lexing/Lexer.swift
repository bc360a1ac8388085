/// Cuts a source text into tokens and comments. Reads any bytes: what it cannot read becomes an `invalid` token and a
/// diagnostic.
public struct Lexer {
  let source: SourceText
  let bytes: [UInt8]
  var position = 0
  var tokens: [Token] = []
  var comments: [Comment] = []
  var diagnostics: [Diagnostic] = []
  /// For each open interpolation: where its string starts, and how many `{` are open inside it.
  var interpolations: [(string: Int, braces: Int)] = []

  private var sawNewline = true
  private var sawSpace = true

  private init(_ source: SourceText) {
    self.source = source
    bytes = source.bytes
    tokens.reserveCapacity(bytes.count / 4 + 1)
  }

  /// The tokens of a text, always ended by one `endOfFile`.
  public static func tokenize(
    _ source: SourceText
  ) -> (tokens: [Token], comments: [Comment], diagnostics: [Diagnostic]) {
    var lexer = Lexer(source)
    lexer.run()
    return (lexer.tokens, lexer.comments, lexer.diagnostics)
  }

  private mutating func run() {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    while position < bytes.count { next() }
    closeInterpolations()
    emit(.endOfFile, from: position)
  }

  /// The byte at `position + offset`, 0 past the end.
  func peek(_ offset: Int = 0) -> UInt8 {
    let index = position + offset
    return index < bytes.count ? bytes[index] : 0
  }

  mutating func emit(_ kind: TokenKind, from start: Int, isRepair: Bool = false) {
    tokens.append(
      Token(
        kind: kind, span: Span(start, position), newlineBefore: sawNewline, spaceBefore: sawSpace,
        commentsBefore: comments.count, isRepair: isRepair))
    sawNewline = false
    sawSpace = false
  }

  mutating func report(
    _ code: DiagnosticCode, _ message: String, _ span: Span, _ label: String = "", help: String? = nil
  ) {
    diagnostics.append(Diagnostic(code, message, at: .init(span, in: source, label), help: help))
  }

  private mutating func next() {
    let start = position
    let byte = bytes[position]
    switch byte {
    case 0x20, 0x09, 0x0D:
      position += 1
      sawSpace = true
    case 0x0A:
      closeInterpolations()
      position += 1
      sawSpace = true
      sawNewline = true
    case UInt8(ascii: "#"): comment()
    case UInt8(ascii: "\""):
      position += 1
      emit(.stringStart, from: start)
      stringText(openedAt: start)
    case UInt8(ascii: "'"): rawString()
    case UInt8(ascii: "{"):
      position += 1
      emit(.leftBrace, from: start)
      if !interpolations.isEmpty { interpolations[interpolations.count - 1].braces += 1 }
    case UInt8(ascii: "}"): closingBrace()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
    default:
      if Self.startsWord(byte) { word() } else { sign() }
    }
  }

  private mutating func comment() {
    let start = position
    while position < bytes.count, bytes[position] != 0x0A {
      if bytes[position] < 0x80 { position += 1 } else { invalidBytes() }
    }
    var end = position
    while end > start, bytes[end - 1] == 0x0D || bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    let marks = bytes[start..<end].prefix { $0 == UInt8(ascii: "#") }.count
    comments.append(Comment(span: Span(start, end), isDocumentation: marks == 2, isOnOwnLine: sawNewline))
    sawSpace = true
  }

  private mutating func closingBrace() {
    let start = position
    position += 1
    guard let open = interpolations.last else { return emit(.rightBrace, from: start) }
    if open.braces > 0 {
      interpolations[interpolations.count - 1].braces -= 1
      emit(.rightBrace, from: start)
    } else {
      interpolations.removeLast()
      emit(.interpolationEnd, from: start)
      stringText(openedAt: open.string)
    }
  }

  /// ASCII letters, `_` and everything beyond ASCII; which of those really are letters `word` finds out.
  static func startsWord(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }

  static func continuesWord(_ byte: UInt8) -> Bool { startsWord(byte) || isDigit(byte) }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func word() {
    let start = position
    while position < bytes.count, Self.continuesWord(bytes[position]) {
      if bytes[position] < 0x80 {
        position += 1
        continue
      }
      guard let (scalar, length) = decodeScalar(), Self.isLetter(scalar, first: position == start) else { break }
      position += length
    }
    if position == start { return unexpected() }
    emit(keyword(from: start) ?? .name, from: start)
  }

  private func keyword(from start: Int) -> TokenKind? {
    guard position - start <= 8, bytes[start] >= UInt8(ascii: "a") else { return nil }
    return TokenKind.keywords[String(decoding: bytes[start..<position], as: UTF8.self)]
  }

  static func isLetter(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
    first ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue
  }

  private mutating func sign() {
    let start = position
    for (bytes, kind) in Self.signs where peek() == bytes.0 {
      if let second = bytes.1, peek(1) != second { continue }
      if let third = bytes.2, peek(2) != third { continue }
      position += bytes.2 != nil ? 3 : bytes.1 != nil ? 2 : 1
      return emit(kind, from: start)
    }
    unexpected()
  }

  /// Longest first among those that begin alike.
  private static let signs: [(bytes: (UInt8, UInt8?, UInt8?), kind: TokenKind)] = {
    let kinds: [TokenKind] = [
      .halfOpenRange, .assign, .arrow, .pipe, .yields, .range, .power, .equal, .notEqual, .lessOrEqual,
      .greaterOrEqual, .leftParenthesis, .rightParenthesis, .leftBracket, .rightBracket, .comma, .colon, .semicolon,
      .dot, .equals, .plus, .minus, .star, .slash, .percent, .at, .less, .greater,
    ]
    return kinds.compactMap { kind in
      guard let spelling = kind.spelling.map({ Array($0.utf8) }), let first = spelling.first else { return nil }
      return (
        (first, spelling.count > 1 ? spelling[1] : nil, spelling.count > 2 ? spelling[2] : nil), kind
      )
    }
  }()
}
