// `operator name(…) { … }`

extension Parser {
  mutating func operatorDeclaration() -> OperatorDeclaration {
    advance()
    let name = newName("a name after `operator`") ?? Identifier("_", token.span)
    guard !isPanicking else { return OperatorDeclaration(name: name, parameters: [], body: nil) }
    var parameters: [Parameter] = []
    if at(.leftParenthesis), !isOnNewLine(token) {
      parameters = declaredParameters()
    } else {
      expect(.leftParenthesis, "after the operator's name", help: "without parameters write `operator \(name.text)()`")
    }
    guard at(.leftBrace), !isPanicking else {
      return OperatorDeclaration(name: name, parameters: parameters, body: nil)
    }
    return OperatorDeclaration(name: name, parameters: parameters, body: operatorBody(name))
  }

  /// `let`s and `param`s, then the update `h -> expr`.
  private mutating func operatorBody(_ name: Identifier) -> OperatorBody? {
    let open = token
    var members: [OperatorBody.Member] = []
    var update: Function?
    _ = nested { parser in
      parser.braces { parser in
        let before = parser.errorCount
        while !parser.at(.rightBrace), !parser.at(.endOfFile), !parser.hasStopped {
          if parser.take(.semicolon) { continue }
          let start = parser.index
          let known = parser.errorCount
          if parser.hasBlockParameters() {
            update = parser.update(after: update)
          } else if let member = parser.operatorMember() {
            members.append(member)
            parser.remarkMember(from: start, after: update)
          }
          parser.endStatement(from: start, known: known)
          if parser.index == start { parser.advance() }
        }
        if update == nil, parser.errorCount == before {
          parser.report(
            .operatorUpdate, "the operator `\(name.text)` says nowhere what it does", at: name.span,
            help: "end its body with the update: `h -> …`")
          parser.isPanicking = parser.hasStopped
        }
      }
    }
    return update.map { OperatorBody(members: members, apply: $0, span: Span(open.span.lower, previousEnd)) }
  }

  private mutating func update(after earlier: Function?) -> Function {
    let start = token.span
    let parameters = blockParameters()
    let function = Function(parameters: parameters, body: body())
    if earlier != nil {
      remark(.operatorUpdate, "an operator has one update", at: Span(start.lower, previousEnd))
    }
    return function
  }

  /// The update may use all that the operator declares, so it stands below it.
  private mutating func remarkMember(from start: Int, after update: Function?) {
    guard update != nil else { return }
    remark(
      .operatorUpdate, "the update of an operator comes last", at: Span(tokens[start].span.lower, previousEnd),
      help: "move this above the update `h -> …`")
  }

  private mutating func operatorMember() -> OperatorBody.Member? {
    if at(.param), peek().kind.isWord, !peek().newlineBefore { return trainable().map { .parameter($0) } }
    if at(.let) { return .statement(statement()) }
    let start = token.span
    report(
      .operatorMember, "expected `param`, `let` or the update `h -> …`, found \(describe(token))", at: start)
    return nil
  }

  /// A `param` outside of an operator; one remark on them is enough, since the operator's head may be what is wrong.
  mutating func strayParameter() -> Statement.Kind {
    let word = token.span
    _ = trainable()
    let isFirst = !diagnostics.contains { $0.code == .operatorMember }
    if isFirst { remark(.operatorMember, "`param` stands only in the body of an operator", at: word) }
    return .invalid
  }

  /// `param R[rank, model] = orthogonal()`
  private mutating func trainable() -> TrainableParameter? {
    let start = token.span
    let documentation = documentation()
    advance()
    guard let name = newName("a name after `param`") else { return nil }
    var axes: [Argument] = []
    if at(.leftBracket), !isOnNewLine(token) {
      bracketed(.rightBracket) { parser in
        if let axis = parser.axis() { axes.append(axis) }
      }
      remarkDuplicates(axes.compactMap { axis in axis.name ?? axis.bareName }, "axis")
    }
    guard !isPanicking, expect(.equals, "and the first value of `\(name.text)`", help: "for instance `= zeros()`")
    else { return nil }
    let initial = expression()
    return TrainableParameter(
      name: name, axes: axes, initial: initial, documentation: documentation, span: Span(start.lower, previousEnd))
  }

  /// `model` or `rank: 4`
  private mutating func axis() -> Argument? {
    guard token.kind.isWord else {
      report(.expectedName, "expected the name of an axis, found \(found.words)", at: found.span)
      return nil
    }
    let name = Identifier(text(token), token.span)
    advance()
    if take(.colon) { return Argument(name: name, value: expression()) }
    return Argument(name: nil, value: Expression(.name(name.text), name.span))
  }
}

extension Argument {
  /// The name that stands alone as the value.
  fileprivate var bareName: Identifier? {
    if case .name(let text) = value.kind { Identifier(text, value.span) } else { nil }
  }
}
