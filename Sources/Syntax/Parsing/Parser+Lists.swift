// Everything between brackets, with commas.

extension Parser {
  /// Reads `open item, item, … close` with an optional last comma. The opening bracket is the current token.
  mutating func bracketed(_ closing: TokenKind, _ item: (inout Parser) -> Void) {
    let open = token
    advance()
    openBrackets.append(closing)
    defer { openBrackets.removeLast() }
    within(newlinesEnd: false) { parser in
      while !parser.at(closing), !parser.hasStopped {
        if parser.at(.endOfFile) || parser.startsStatement || parser.token.kind.isClosingBracket { break }
        item(&parser)
        if parser.isPanicking, !parser.recoverInList() { break }
        if parser.take(.comma) || parser.at(closing) { continue }
        if parser.at(.endOfFile) || parser.startsStatement || parser.token.kind.isClosingBracket { break }
        parser.report(
          .expectedToken,
          "expected `,` or `\(closing.spelling ?? "")`, found \(parser.describe(parser.token))", at: parser.token.span,
          also: parser.isOnLineOf(open) ? [] : [(open.span, "in the list opened here")], help: parser.missingCommaHelp()
        )
        if !parser.recoverInList() { break }
        if !parser.take(.comma), !parser.at(closing) { break }
      }
      parser.close(closing, openedBy: open)
    }
  }

  private func isOnLineOf(_ open: Token) -> Bool {
    source.position(of: open.span.lower).line == source.position(of: token.span.lower).line
  }

  private func missingCommaHelp() -> String? {
    switch token.kind {
    case .equals: "a named argument or field is written `name: value`"
    case .arrow: "an anonymous function is written `fn x -> …`"
    default: nil
    }
  }

  /// `name:` before a value; any word may be a label.
  private mutating func label() -> Identifier? {
    guard token.kind.isWord, peek().kind == .colon else { return nil }
    let name = Identifier(text(token), token.span)
    advance()
    advance()
    return name
  }

  /// `(a, b, on: c)`
  mutating func callArguments() -> [Argument] {
    var arguments: [Argument] = []
    bracketed(.rightParenthesis) { parser in
      let name = parser.label()
      arguments.append(Argument(name: name, value: parser.expression()))
    }
    remarkDuplicates(arguments.compactMap(\.name), "argument")
    return arguments
  }

  /// `[3]`, `[*]`, `[head: 3, key: *]`
  mutating func indexArguments() -> [Argument] {
    let open = token
    var arguments: [Argument] = []
    bracketed(.rightBracket) { parser in
      let name = parser.label()
      let next = parser.peek().kind
      if parser.at(.star), next == .comma || next == .rightBracket || next == .endOfFile {
        arguments.append(Argument(name: name, value: Expression(.all, parser.token.span)))
        parser.advance()
      } else {
        arguments.append(Argument(name: name, value: parser.expression()))
      }
    }
    if arguments.isEmpty {
      remark(
        .expectedExpression, "an index needs at least one entry", at: Span(open.span.lower, previousEnd),
        help: "`[*]` takes all")
    }
    remarkDuplicates(arguments.compactMap(\.name), "axis")
    return arguments
  }

  mutating func list() -> Expression {
    let start = token.span
    var items: [Expression] = []
    bracketed(.rightBracket) { items.append($0.expression()) }
    return Expression(.list(items), Span(start.lower, previousEnd))
  }

  /// `(a)` groups, `(x: a, y: b)` and `()` are records.
  mutating func parentheses() -> Expression {
    let start = token.span
    if peek().kind == .rightParenthesis || (peek().kind.isWord && peek(2).kind == .colon) { return record() }
    var items: [Expression] = []
    var commas = 0
    bracketed(.rightParenthesis) { parser in
      if parser.token.kind.isWord, parser.peek().kind == .colon { _ = parser.label() }
      items.append(parser.expression())
      if parser.at(.comma) { commas += 1 }
    }
    let span = Span(start.lower, previousEnd)
    if commas > 0 {
      remark(
        .tuple, "parentheses with commas need a name for each value", at: span,
        help: "a list is written `[a, b]`, a record `(x: a, y: b)`")
      return Expression(.invalid, span)
    }
    return Expression(items.first?.kind ?? .invalid, span)
  }

  private mutating func record() -> Expression {
    let start = token.span
    var fields: [RecordField] = []
    bracketed(.rightParenthesis) { parser in
      guard let name = parser.label() else {
        let value = parser.token
        parser.report(
          .tuple, "every value of a record has a name, \(parser.describe(value)) has none", at: value.span,
          help: "write `name: value`")
        return
      }
      fields.append(RecordField(name: name, value: parser.expression()))
    }
    remarkDuplicates(fields.map(\.name), "field")
    return Expression(.record(fields), Span(start.lower, previousEnd))
  }

  mutating func remarkDuplicates(_ names: [Identifier], _ what: String) {
    guard names.count > 1 else { return }
    var first: [String: Span] = [:]
    for name in names {
      if let earlier = first[name.text] {
        remark(
          .duplicateName, "the \(what) `\(name.text)` is given twice", at: name.span, also: [(earlier, "first here")])
      } else {
        first[name.text] = name.span
      }
    }
  }
}
