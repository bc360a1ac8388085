// Names that are made, patterns, documentation.

extension Parser {
  /// A token that can name something new.
  func isBindable(_ token: Token) -> Bool { token.kind == .name || token.kind.isSoftKeyword }

  mutating func newName(_ what: String) -> Identifier? {
    if isBindable(token) {
      let name = Identifier(text(token), token.span)
      advance()
      return name
    }
    if token.kind.isKeyword, !isOnNewLine(token) {
      let word = text(token)
      report(
        .reservedName, "`\(word)` is a keyword and cannot name anything new", at: token.span,
        help: "add a letter or `_`: `\(word)_`")
    } else {
      report(.expectedName, "expected \(what), found \(found.words)", at: found.span)
    }
    return nil
  }

  /// `a`, `[a, b]`, `(a, loss: l)`
  mutating func pattern() -> Pattern {
    let start = token.span
    let invalid = Pattern.name(Identifier("_", Span(start.lower, start.lower)))
    switch token.kind {
    case .leftBracket:
      return nested { parser in
        var parts: [Pattern] = []
        parser.bracketed(.rightBracket) { parts.append($0.pattern()) }
        return .list(parts, Span(start.lower, parser.previousEnd))
      } ?? invalid
    case .leftParenthesis:
      return nested { parser in
        var parts: [(field: Identifier?, pattern: Pattern)] = []
        parser.bracketed(.rightParenthesis) { parser in
          var field: Identifier?
          if parser.token.kind.isWord, parser.peek().kind == .colon {
            field = Identifier(parser.text(parser.token), parser.token.span)
            parser.advance()
            parser.advance()
          }
          parts.append((field, parser.pattern()))
        }
        return .record(parts, Span(start.lower, parser.previousEnd))
      } ?? invalid
    default: return newName("a name, `[…]` or `(…)`").map(Pattern.name) ?? invalid
    }
  }

  /// The `##` lines directly above the current token.
  func documentation() -> String? {
    let first = index > 0 ? tokens[index - 1].commentsBefore : 0
    guard token.commentsBefore > first else { return nil }
    var lines: [String] = []
    var below = source.position(of: token.span.lower).line
    for comment in comments[first..<token.commentsBefore].reversed() {
      let line = source.position(of: comment.span.lower).line
      guard comment.isOnOwnLine, line == below - 1 else { break }
      below = line
      if comment.isDocumentation {
        let text = source.text(Span(comment.span.lower + 2, comment.span.upper))
        lines.append(text.hasPrefix(" ") ? String(text.dropFirst()) : text)
      }
    }
    return lines.isEmpty ? nil : lines.reversed().joined(separator: "\n")
  }
}
