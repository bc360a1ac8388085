/// Tells what the parts of a text are, for colouring; works on any text, whole or broken.
public enum Highlighter {
  public enum Class: String, Sendable, CaseIterable {
    case keyword, constant, number, string
    /// `\n` and the like.
    case escape
    /// The braces of `"{…}"`.
    case interpolation
    case comment, documentation
    case name
    /// A name that is called.
    case function
    /// A name after a dot.
    case member
    /// A name before a colon.
    case label
    case `operator`, bracket, punctuation
    /// What the lexer could not read.
    case invalid
  }

  public struct Piece: Sendable, Equatable {
    public let span: Span
    public let kind: Class

    public init(span: Span, kind: Class) {
      self.span = span
      self.kind = kind
    }
  }

  /// The pieces in order, without overlap; what lies between them is space.
  public static func pieces(_ text: String) -> [Piece] { pieces(SourceText(name: "<prompt>", text)) }

  public static func pieces(_ source: SourceText) -> [Piece] {
    let (tokens, comments, _) = Lexer.tokenize(source)
    var result: [Piece] = []
    var comment = 0
    for (index, token) in tokens.enumerated() {
      while comment < token.commentsBefore {
        let kind: Class = comments[comment].isDocumentation ? .documentation : .comment
        result.append(Piece(span: comments[comment].span, kind: kind))
        comment += 1
      }
      guard token.span.lower < token.span.upper else { continue }
      if token.kind == .stringText {
        result += stringPieces(source, token.span)
      } else {
        result.append(Piece(span: token.span, kind: classify(token, index, tokens)))
      }
    }
    return result
  }

  private static func classify(_ token: Token, _ index: Int, _ tokens: [Token]) -> Class {
    let next = index + 1 < tokens.count ? tokens[index + 1] : token
    let previous = index > 0 ? tokens[index - 1].kind : .endOfFile
    switch token.kind {
    case .integer, .float: return .number
    case .rawString, .stringStart, .stringText, .stringEnd: return .string
    case .interpolationStart, .interpolationEnd: return .interpolation
    case .leftParenthesis, .rightParenthesis, .leftBracket, .rightBracket, .leftBrace, .rightBrace: return .bracket
    case .comma, .colon, .semicolon, .dot: return .punctuation
    case .invalid, .endOfFile: return .invalid
    case _ where token.kind.isWord:
      if previous == .dot { return .member }
      if next.kind == .colon, previous == .comma || previous == .leftParenthesis || previous == .leftBracket {
        return .label
      }
      if token.kind == .true || token.kind == .false || token.kind == .nil { return .constant }
      if token.kind.isSoftKeyword, !actsAsKeyword(token, previous, next) { return .name }
      if token.kind.isKeyword { return .keyword }
      return next.kind == .leftParenthesis && !next.spaceBefore ? .function : .name
    default: return .operator
    }
  }

  private static func actsAsKeyword(_ token: Token, _ previous: TokenKind, _ next: Token) -> Bool {
    switch token.kind {
    case .on, .with, .by, .div: endsOperand(previous)
    case .use: next.kind == .stringStart || next.kind == .rawString
    case .input, .param: next.kind.isWord
    default: token.newlineBefore && next.kind != .dot && next.kind != .assign
    }
  }

  private static func endsOperand(_ kind: TokenKind) -> Bool {
    switch kind {
    case .name, .integer, .float, .stringEnd, .rawString, .true, .false, .nil, .rightParenthesis, .rightBracket,
      .rightBrace:
      true
    default: kind.isSoftKeyword
    }
  }

  /// Sets the escapes apart from the text around them.
  private static func stringPieces(_ source: SourceText, _ span: Span) -> [Piece] {
    var result: [Piece] = []
    var start = span.lower
    var position = span.lower
    while position < span.upper {
      guard source.bytes[position] == UInt8(ascii: "\\") else {
        position += 1
        continue
      }
      if start < position { result.append(Piece(span: Span(start, position), kind: .string)) }
      start = position
      position = min(position + 2, span.upper)
      if source.bytes[position - 1] == UInt8(ascii: "u") { _ = Lexer.unicodeEscape(in: source.bytes, at: &position) }
      position = min(position, span.upper)
      while position < span.upper, source.bytes[position] & 0xC0 == 0x80 { position += 1 }
      result.append(Piece(span: Span(start, position), kind: .escape))
      start = position
    }
    if start < span.upper { result.append(Piece(span: Span(start, span.upper), kind: .string)) }
    return result
  }
}
