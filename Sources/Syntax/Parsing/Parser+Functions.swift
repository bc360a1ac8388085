// Functions, operators and blocks.

extension Parser {
  /// `fn name(` declares, anything else after `fn` is an expression.
  var startsDeclaration: Bool { at(.fn) && peek().kind.isWord && peek(2).kind == .leftParenthesis }

  /// `fn name(a, b = 2) = expr`, `fn name(a) { … }`, `fn name(a: tensor) -> tensor`
  mutating func functionDeclaration() -> FunctionDeclaration {
    advance()
    let name = newName("a name after `fn`") ?? Identifier("_", token.span)
    if isPanicking { return FunctionDeclaration(name: name, parameters: [], result: nil, body: nil) }
    let parameters = declaredParameters()
    let arrow = token
    var result: Identifier?
    if !isOnNewLine(token), take(.arrow) { result = annotation("the result's type after `->`") }
    var body: Function.Body?
    if !isPanicking, take(.equals) {
      body = .expression(expression())
    } else if !isPanicking, at(.leftBrace) {
      body = .block(block())
    }
    if let type = result, body != nil {
      remark(
        .resultWithBody, "only a function without a body declares its result", at: arrow.span.union(type.span),
        help: "leave out `-> \(type.text)`")
      result = nil
    }
    return FunctionDeclaration(name: name, parameters: parameters, result: result, body: body)
  }

  /// `(a, b: tensor, c = 2)`
  mutating func declaredParameters() -> [Parameter] {
    var parameters: [Parameter] = []
    bracketed(.rightParenthesis) { parser in
      if let parameter = parser.parameter() { parameters.append(parameter) }
    }
    remarkDuplicates(parameters.map(\.name), "parameter")
    return parameters
  }

  private mutating func parameter() -> Parameter? {
    guard let name = newName("a parameter's name") else { return nil }
    var type: Identifier?
    if take(.colon) {
      type = annotation("a type after `:`")
      if type == nil { return nil }
    }
    let initial = take(.equals) ? expression() : nil
    return Parameter(name: name, annotation: type, initial: initial)
  }

  private mutating func annotation(_ what: String) -> Identifier? {
    if token.kind.isWord, !isOnNewLine(token) {
      defer { advance() }
      return Identifier(text(token), token.span)
    }
    report(.expectedName, "expected \(what), found \(found.words)", at: found.span)
    return nil
  }

  /// `fn a, b -> expr`
  mutating func anonymousFunction() -> Expression {
    let start = token.span
    if startsDeclaration {
      let name = peek()
      remark(
        .nestedDeclaration, "a declared function stands on a line of its own", at: start.union(name.span),
        help: "inside an expression a function has no name: `fn x -> …`")
      _ = functionDeclaration()
      return Expression(.invalid, Span(start.lower, previousEnd))
    }
    advance()
    var parameters: [Parameter] = []
    if at(.leftParenthesis) {
      let open = token.span
      parameters = declaredParameters()
      remark(
        .expectedName, "the parameters of an anonymous function have no parentheses", at: Span(open.lower, previousEnd),
        help: "write `fn \(parameters.map(\.name.text).joined(separator: ", ")) -> …`")
    } else {
      parameters = bareParameters()
    }
    guard expect(.arrow, "after the parameters", help: bracesHelp(parameters)) else {
      return Expression(.invalid, Span(start.lower, previousEnd))
    }
    let body = body()
    return Expression(.function(Function(parameters: parameters, body: body)), Span(start.lower, previousEnd))
  }

  private func bracesHelp(_ parameters: [Parameter]) -> String? {
    guard at(.leftBrace) else { return nil }
    return "write `fn \(parameters.map(\.name.text).joined(separator: ", ")) -> { … }`"
  }

  /// `a, b` up to the arrow.
  private mutating func bareParameters() -> [Parameter] {
    var parameters: [Parameter] = []
    if at(.arrow) { return [] }
    repeat {
      guard let parameter = parameter() else { return parameters }
      parameters.append(parameter)
    } while take(.comma)
    remarkDuplicates(parameters.map(\.name), "parameter")
    return parameters
  }

  /// What follows `->`: a block or an expression.
  mutating func body() -> Function.Body {
    guard at(.leftBrace) else { return .expression(expression()) }
    return .block(block())
  }

  /// `a, b ->` lies ahead, so many tokens on, as at the head of a call's block.
  func hasBlockParameters(after first: Int = 0) -> Bool {
    var offset = first
    while isBindable(peek(offset)) {
      offset += 1
      if peek(offset).kind == .colon, peek(offset + 1).kind.isWord { offset += 2 }
      if peek(offset).kind == .arrow { return true }
      guard peek(offset).kind == .comma else { return false }
      offset += 1
    }
    return false
  }

  mutating func blockParameters() -> [Parameter] {
    let parameters = bareParameters()
    expect(.arrow, "after the parameters")
    return parameters
  }

  /// `{ … }`, wherever a block must stand.
  mutating func block(after what: String = "") -> Block {
    let open = token
    guard at(.leftBrace) else {
      expect(.leftBrace, "after \(what)")
      return Block([], Span(previousEnd, previousEnd))
    }
    let statements = nested { parser in
      parser.braces { parser in
        if parser.hasBlockParameters() {
          let parameters = parser.blockParameters().map(\.name.text).joined(separator: ", ")
          parser.remark(
            .blockParameters, "a block takes parameters only after a call",
            at: Span(open.span.lower, parser.previousEnd),
            help: "a function is written `fn \(parameters) -> …`")
        }
        return parser.statements()
      }
    }
    return Block(statements ?? [], Span(open.span.lower, previousEnd))
  }

  /// Runs `body` between `{` and `}`.
  mutating func braces<Result>(_ body: (inout Parser) -> Result) -> Result {
    let open = token
    advance()
    openBrackets.append(.rightBrace)
    let result = within(newlinesEnd: true) { body(&$0) }
    close(.rightBrace, openedBy: open)
    openBrackets.removeLast()
    return result
  }
}
