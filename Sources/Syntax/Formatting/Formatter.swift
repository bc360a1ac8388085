/// Gives a script its canonical layout.
///
/// Tokens and comments stay as they are and in their order; only space, line breaks and last commas change. Two spaces
/// a level, lines of at most 100 columns where they can be broken, at most one empty line in a row. A bracket stays
/// open over several lines when the line broke right after it, and so does a chain of operators that was broken.
public struct Formatter {
  public static let width = 100

  let tokens: [Token]
  let comments: [Comment]
  let source: SourceText
  /// For each opening bracket's token the index of its closing one.
  let partners: [Int: Int]
  /// The next token to write.
  var cursor = 0
  /// The next comment to write.
  var nextComment = 0

  /// The text in its canonical layout, ending in one line break. A text with errors comes back unchanged.
  public static func format(_ source: SourceText) -> String {
    let script = Script.parse(source)
    let original = String(decoding: source.bytes, as: UTF8.self)
    if script.hasErrors { return original }
    let result = settled(script)
    // A wrong layout must never cost anyone their program.
    return isFaithful(result, to: script) ? result : original
  }

  /// Whether a layout has the same tree and the same comments as the script it was made from.
  static func isFaithful(_ text: String, to script: Script) -> Bool {
    let again = Script.parse(SourceText(name: script.source.name, text))
    guard TreePrinter.print(again.statements) == TreePrinter.print(script.statements) else { return false }
    func words(_ source: SourceText) -> Int {
      Lexer.tokenize(source).comments.reduce(0) { $0 + source.text($1.span).count { !$0.isWhitespace } }
    }
    return words(again.source) == words(script.source)
  }

  /// The layout that lays out to itself. A comment in an odd place may move once more in the first one.
  static func settled(_ script: Script) -> String {
    var result = layOut(script)
    for _ in 0..<3 {
      let next = layOut(Script.parse(SourceText(name: script.source.name, result)))
      if next == result { break }
      result = next
    }
    return result
  }

  /// One layout, without the check.
  static func layOut(_ script: Script) -> String {
    var formatter = Formatter(script)
    if script.statements.isEmpty {
      // Comments, and perhaps semicolons, which go.
      formatter.cursor = formatter.tokens.count - 1
      let lines = formatter.ownLineComments(after: false)
      return lines.isEmpty ? "" : LayoutRenderer.render(.sequence(lines), width: width)
    }
    let body = formatter.statements(script.statements, firstInBlock: true)
    let rest = formatter.ownLineComments(after: true)
    return LayoutRenderer.render(.sequence(body + rest), width: width)
  }

  private init(_ script: Script) {
    source = script.source
    (tokens, comments, _) = Lexer.tokenize(script.source)
    var partners: [Int: Int] = [:]
    var open: [Int] = []
    for (index, token) in tokens.enumerated() {
      if token.kind.closingBracket != nil {
        open.append(index)
      } else if token.kind.isClosingBracket, let start = open.popLast() {
        partners[start] = index
      }
    }
    self.partners = partners
  }

  var token: Token { tokens[min(cursor, tokens.count - 1)] }

  func at(_ kind: TokenKind) -> Bool { token.kind == kind }

  /// Writes the next token, with the comments behind it. A comment on a line of its own, in a place where the layout
  /// has no line of its own for it, goes behind the line.
  mutating func take() -> Layout {
    var parts: [Layout] = []
    while nextComment < token.commentsBefore { parts.append(.suffix(commentText())) }
    if at(.stringStart) {
      parts.append(.text(stringLiteral()))
    } else {
      parts.append(.text(source.text(token.span)))
      cursor += 1
    }
    parts += trailingComments()
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  /// Passes over a token that the layout writes itself or leaves out.
  mutating func skip() -> Layout {
    var parts: [Layout] = []
    while nextComment < token.commentsBefore { parts.append(.suffix(commentText())) }
    cursor += 1
    return .sequence(parts + trailingComments())
  }

  /// A string with its interpolations as they are written.
  private mutating func stringLiteral() -> String {
    let start = token.span.lower
    var depth = 0
    while cursor < tokens.count - 1 {
      if at(.stringStart) { depth += 1 }
      if at(.stringEnd) { depth -= 1 }
      cursor += 1
      if depth == 0 { break }
    }
    return source.text(Span(start, tokens[cursor - 1].span.upper))
  }

  /// A list of layouts written one after the other.
  mutating func take(_ count: Int) -> [Layout] { (0..<count).map { _ in take() } }
}
