// What operators and postfixes apply to.

extension Parser {
  mutating func operand() -> Expression {
    let token = token
    switch token.kind {
    case .integer: return integer()
    case .float: return float()
    case .rawString:
      advance()
      let inside = Span(token.span.lower + 1, max(token.span.lower + 1, token.span.upper - 1))
      return Expression(.string([.text(source.text(inside))], raw: true), token.span)
    case .stringStart: return string()
    case .true, .false:
      advance()
      return Expression(.bool(token.kind == .true), token.span)
    case .nil:
      advance()
      return Expression(.null, token.span)
    case .leftParenthesis: return parentheses()
    case .leftBracket: return list()
    case .leftBrace:
      let block = block()
      return Expression(.block(block), block.span)
    case .if: return conditional()
    case .fn: return anonymousFunction()
    case .dot: return path()
    case _ where token.kind == .name || token.kind.isSoftKeyword:
      advance()
      return Expression(.name(text(token)), token.span)
    default: return missingOperand()
    }
  }

  private mutating func missingOperand() -> Expression {
    let (words, span) = found
    let previous = index > 0 ? tokens[index - 1] : nil
    let place =
      if let previous, previous.kind.infixPrecedence != nil || previous.kind == .equals || previous.kind == .assign {
        " after `\(text(previous))`"
      } else {
        ""
      }
    let help: String? =
      switch token.kind {
      case .equal where previous?.kind == .equals: "`==` compares and is written without a space"
      case .star: "`*` for all stands only in an index: `.layers[*]`"
      case .power: nil
      case .less where previous?.kind == .range: "a range without its end is written `..<`"
      default: nil
      }
    report(.expectedExpression, "expected an expression\(place), found \(words)", at: span, help: help)
    return Expression(.invalid, Span(span.lower, span.lower))
  }

  /// A number's text without `_`.
  func digits(_ token: Token) -> String { text(token).filter { $0 != "_" } }

  private mutating func integer() -> Expression {
    let token = token
    let digits = digits(token)
    if let value = Int(digits) {
      advance()
      return Expression(.integer(value), token.span)
    }
    remark(
      .numberOutOfRange, "`\(digits)` does not fit into a 64-bit integer", at: token.span,
      help: "write it as a float: `\(digits).0`")
    advance()
    return Expression(.invalid, token.span)
  }

  private mutating func float() -> Expression {
    let token = token
    if let value = Double(digits(token)), value.isFinite {
      advance()
      return Expression(.float(value), token.span)
    }
    remark(
      .numberOutOfRange, "`\(text(token))` is greater than the greatest float, 1.7976931348623157e308", at: token.span)
    advance()
    return Expression(.invalid, token.span)
  }

  /// `"a {b} c"`, whose tokens the lexer has told apart.
  private mutating func string() -> Expression {
    let start = token.span.lower
    advance()
    var parts: [StringPart] = []
    let saved = openBrackets.count
    while !at(.stringEnd), !at(.endOfFile), !hasStopped {
      if at(.stringText) {
        parts.append(.text(Lexer.unescape(source.bytes, token.span)))
        advance()
      } else if at(.interpolationStart) {
        advance()
        openBrackets.append(.interpolationEnd)
        parts.append(.expression(within(newlinesEnd: false) { $0.expression() }))
        if !at(.interpolationEnd) {
          report(.expectedToken, "expected `}` after the expression in a string, found \(found.words)", at: found.span)
          skipInterpolation()
        }
        isPanicking = hasStopped
        openBrackets.removeLast(openBrackets.count - saved)
        advance()
      } else {
        advance()
      }
    }
    let end = token.span.upper
    if at(.stringEnd) { advance() }
    if parts.isEmpty { parts = [.text("")] }
    return Expression(.string(parts, raw: false), Span(start, max(start, end)))
  }

  /// Skips to the `}` that ends the interpolation at hand; the lexer sees to it that there is one.
  private mutating func skipInterpolation() {
    var open = 0
    while !at(.endOfFile) {
      if at(.interpolationStart) { open += 1 }
      if at(.interpolationEnd) {
        if open == 0 { return }
        open -= 1
      }
      advance()
    }
  }

  /// `if c { … } else if d { … } else { … }`
  private mutating func conditional() -> Expression {
    let start = token.span
    return nested { parser in
      parser.advance()
      let condition = parser.head()
      let then = parser.block(after: "the condition")
      var otherwise: Expression?
      if parser.at(.else), !parser.isPanicking {
        parser.advance()
        if parser.at(.if) {
          otherwise = parser.conditional()
        } else {
          let block = parser.block(after: "`else`")
          otherwise = Expression(.block(block), block.span)
        }
      }
      return Expression(
        .conditional(condition, then: then, otherwise: otherwise), Span(start.lower, parser.previousEnd))
    } ?? Expression(.invalid, start)
  }

  /// The expression between a keyword and its block. A single `=` in it is taken for `==`.
  mutating func head() -> Expression {
    within(newlinesEnd: newlinesEndStatements, trailingBlock: false) { parser in
      let value = parser.expression()
      guard parser.at(.equals), !parser.isPanicking else { return value }
      parser.remark(
        .equalsSign, "`=` does not compare", at: parser.token.span, help: "write `==` to compare")
      parser.advance()
      _ = parser.expression()
      return Expression(.invalid, Span(value.span.lower, parser.previousEnd))
    }
  }
}
