// Operators, by precedence climbing.

extension Parser {
  /// Reads an expression whose operators bind at least as tightly as `minimum`.
  mutating func expression(_ minimum: Precedence = .pipe) -> Expression {
    let start = token
    return nested { parser in
      var left = parser.prefixed()
      var previous: (precedence: Precedence, sign: Token)?
      var hasRemarked = false
      while let precedence = parser.infix(), precedence >= minimum {
        if !precedence.chains, let (last, sign) = previous, last == precedence, !hasRemarked {
          parser.remarkChain(last, sign)
          hasRemarked = true
        }
        previous = (precedence, parser.token)
        left = parser.infixed(left, precedence, startedBy: start)
        parser.grow()
      }
      return left
    } ?? Expression(.invalid, Span(start.span.lower, start.span.lower))
  }

  /// The precedence of the infix operator that goes on with the expression, if one does.
  private func infix() -> Precedence? {
    guard let precedence = token.kind.infixPrecedence, precedence < .prefix, !hasStopped else { return nil }
    if isOnNewLine(token), !continuesLine(token) { return nil }
    // `f(a, on: b)` with its comma forgotten: a name, not an operator.
    if token.kind.isSoftKeyword, peek().kind == .colon { return nil }
    return precedence
  }

  /// A line that begins with this token goes on with the statement of the line before.
  ///
  /// Every infix operator does; `-` only before a space, since `-x` may begin a statement.
  func continuesLine(_ token: Token) -> Bool {
    switch token.kind {
    case .minus: index + 1 < tokens.count && peek().spaceBefore
    case .dot: true
    default: token.kind.infixPrecedence != nil
    }
  }

  /// Reads an operator and its right operand.
  private mutating func infixed(_ left: Expression, _ precedence: Precedence, startedBy start: Token) -> Expression {
    let sign = token
    advance()
    if precedence == .comparison, start.kind == .not, case .unary(.not, _) = left.kind { warnOfNegation(left, sign) }
    let right = expression(precedence.tighter)
    var span = left.span.union(right.span)
    var kind: Expression.Kind
    switch sign.kind {
    case .pipe:
      remarkTarget(right, sign)
      kind = .pipe(left, right)
    case .range, .halfOpenRange:
      var step: Expression?
      if at(.by), !isOnNewLine(token) || continuesLine(token) {
        advance()
        let value = expression(Precedence.range.tighter)
        span = span.union(value.span)
        step = value
      }
      kind = .range(lower: left, upper: right, inclusive: sign.kind == .range, step: step)
    default:
      guard let operation = sign.kind.binaryOperator else { return left }
      kind = .binary(operation, Identifier(text(sign), sign.span), left, right)
    }
    return Expression(kind, span)
  }

  /// `x |> f == 1` would compare the function, since `|>` is the loosest of all.
  private mutating func remarkTarget(_ target: Expression, _ sign: Token) {
    // Parentheses around it would make its span begin before its left operand.
    guard case .binary(_, let inner, let left, _) = target.kind, left.span.lower == target.span.lower else { return }
    remark(
      .pipeTarget, "`\(inner.text)` binds tighter than `|>`, so the pipe leads to its result", at: inner.span,
      also: [(sign.span, "the pipe")], help: "put parentheses around the pipe: `(x |> f) \(inner.text) …`")
  }

  private mutating func remarkChain(_ precedence: Precedence, _ sign: Token) {
    let advice =
      switch precedence {
      case .comparison: "compare two at a time: `a < b and b < c`"
      case .range: "a stride is written `a..b by c`"
      case .on: "join selectors with `+`: `site on .image + .text`"
      default: "apply several operators by adding interventions: `(site => a) + (site => b)`"
      }
    remark(
      .chainedOperator, "`\(text(token))` cannot follow `\(text(sign))` without parentheses", at: token.span,
      also: [(sign.span, "the first one")], help: advice)
  }

  private mutating func warnOfNegation(_ left: Expression, _ sign: Token) {
    remark(
      .negatedComparison, "`not` binds tighter than `\(text(sign))`, so this negates only its left side",
      at: left.span, severity: .warning, help: "put parentheses around what is to be negated")
  }

  /// `-a`, `not a`, and what binds tighter.
  private mutating func prefixed() -> Expression {
    guard at(.minus) || at(.not) else { return power() }
    let sign = token
    advance()
    if sign.kind == .minus, let smallest = smallestInteger(sign) { return smallest }
    let operand = nested { $0.prefixed() } ?? Expression(.invalid, sign.span)
    return Expression(
      .unary(sign.kind == .minus ? .negate : .not, operand), sign.span.union(operand.span))
  }

  /// `-9223372036854775808`, whose digits alone do not fit.
  private mutating func smallestInteger(_ sign: Token) -> Expression? {
    guard at(.integer), digits(token) == "9223372036854775808" else { return nil }
    let next = peek()
    switch next.kind {
    case .dot: return nil
    case .power where !isOnNewLine(next) || continuesLine(next): return nil
    case .leftBracket where !isOnNewLine(next), .leftParenthesis where !isOnNewLine(next): return nil
    default: break
    }
    let span = sign.span.union(token.span)
    advance()
    return Expression(.integer(.min), span)
  }

  /// `a ** b`, which groups to the right: `2 ** -1`, `2 ** 3 ** 2` is `2 ** 9`.
  private mutating func power() -> Expression {
    let base = postfixed()
    guard at(.power), !isOnNewLine(token) || continuesLine(token) else { return base }
    let sign = token
    advance()
    let exponent = nested { $0.prefixed() } ?? Expression(.invalid, sign.span)
    grow()
    return Expression(
      .binary(.power, Identifier(text(sign), sign.span), base, exponent), base.span.union(exponent.span))
  }
}
