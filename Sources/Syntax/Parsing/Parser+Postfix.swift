// Calls, indices, members and paths.

extension Parser {
  /// An operand with the `.name`, `[…]` and `(…)` that follow it.
  mutating func postfixed() -> Expression {
    let start = index
    var base = operand()
    // A statement that begins with `if` or `{` ends with its line, so that a path can begin the next one.
    let endsWithLine = start == statementStart && (tokens[start].kind == .if || tokens[start].kind == .leftBrace)
    while !hasStopped {
      switch token.kind {
      case .dot:
        if isOnNewLine(token), endsWithLine { return base }
        guard let name = memberName() else { return base }
        base = Expression(.member(base, name), base.span.union(name.span))
      case .leftBracket:
        if isOnNewLine(token) { return base }
        let arguments = indexArguments()
        base = Expression(.index(base, arguments), Span(base.span.lower, previousEnd))
      case .leftParenthesis:
        if isOnNewLine(token) { return base }
        base = call(base)
      default: return base
      }
      grow()
    }
    return base
  }

  private mutating func call(_ callee: Expression) -> Expression {
    var arguments = callArguments()
    var hasTrailing = false
    if at(.leftBrace), !token.newlineBefore, allowsTrailingBlock {
      hasTrailing = true
      arguments.append(Argument(name: nil, value: trailingBlock()))
    }
    return Expression(
      .call(callee, arguments, trailing: hasTrailing), Span(callee.span.lower, previousEnd))
  }

  /// `{ c -> … }` after a call. Without parameters it is a function of none.
  private mutating func trailingBlock() -> Expression {
    let open = token
    return nested { parser in
      parser.braces { parser in
        let parameters = parser.hasBlockParameters() ? parser.blockParameters() : []
        let start = parser.token.span.lower
        let statements = parser.statements()
        let body = Block(statements, Span(start, max(start, parser.previousEnd)))
        return Function(parameters: parameters, body: .block(body))
      }
    }.map { Expression(.function($0), Span(open.span.lower, previousEnd)) } ?? Expression(.invalid, open.span)
  }

  /// `.name`; any word may stand after a dot.
  mutating func memberName() -> Identifier? {
    let dot = token
    if peek().kind.isWord, !isOnNewLine(peek()) {
      advance()
      let name = Identifier(text(token), token.span)
      advance()
      return name
    }
    advance()
    if at(.integer) || at(.float), !token.spaceBefore {
      report(
        .malformedNumber, "a number begins with a digit", at: dot.span.union(token.span),
        help: "write `0.\(digits(token))`")
    } else {
      report(
        .expectedName, "expected a name after `.`, found \(found.words)", at: found.span,
        canContinue: !newlinesEndStatements)
    }
    return nil
  }

  /// `.layers[1..4].output`: each name may have one index or one call; a second one applies to the path's value.
  mutating func path() -> Expression {
    let start = token.span.lower
    var segments: [PathSegment] = []
    while at(.dot), let name = memberName() {
      var suffix: PathSegment.Suffix?
      let open = token.span.lower
      if at(.leftBracket), !isOnNewLine(token) {
        let arguments = indexArguments()
        suffix = .index(arguments, Span(open, previousEnd))
      } else if at(.leftParenthesis), !isOnNewLine(token) {
        let arguments = callArguments()
        suffix = .call(arguments, Span(open, previousEnd))
      }
      segments.append(PathSegment(name: name, suffix: suffix))
      if at(.leftBracket) || at(.leftParenthesis) { break }
    }
    if segments.isEmpty { return Expression(.invalid, Span(start, previousEnd)) }
    return Expression(.path(segments), Span(start, previousEnd))
  }
}
