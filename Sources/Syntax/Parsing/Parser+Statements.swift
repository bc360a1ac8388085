extension Parser {
  /// The whole text.
  mutating func script() -> [Statement] {
    var all: [Statement] = []
    while true {
      all += statements()
      guard at(.rightBrace), !hasStopped else { return all }
      report(.unmatchedBracket, "this `}` closes nothing", at: token.span)
      isPanicking = false
      advance()
    }
  }

  /// Statements up to a `}` or the end of the text.
  mutating func statements() -> [Statement] {
    var result: [Statement] = []
    while !at(.endOfFile), !at(.rightBrace), !hasStopped {
      if take(.semicolon) { continue }
      let start = index
      let known = errorCount
      result.append(statement())
      endStatement(from: start, known: known)
      if index == start { advance() }
    }
    return result
  }

  /// What follows a statement must begin a new one. When there are more errors than `known`, all inside it, what
  /// is left of it is passed over in silence.
  mutating func endStatement(from start: Int, known: Int) {
    if isPanicking { return recoverInStatement(from: start) }
    switch token.kind {
    case .endOfFile, .rightBrace, .semicolon: return
    default: if token.newlineBefore { return }
    }
    if errorCount == known { reportContinuation(from: start) }
    recoverInStatement(from: start)
  }

  private mutating func reportContinuation(from start: Int) {
    let first = tokens[start]
    let words = describe(token)
    switch token.kind {
    case .equals:
      report(
        .equalsSign, "`=` stands only in declarations", at: token.span,
        help: "`let \(text(first)) = …` binds a name, `\(text(first)) := …` changes a `var`, `==` compares")
    case .assign:
      report(
        .assignmentTarget, "only a `var` can be assigned to, values do not change in place",
        at: Span(first.span.lower, previousEnd))
    case .rightParenthesis, .rightBracket, .interpolationEnd:
      report(.unmatchedBracket, "this \(words) closes nothing", at: token.span)
    case .colon where tokens[index - 1].kind.isWord && openBrackets.last == .rightBrace:
      report(
        .expectedEndOfStatement, "`{` opens a block, not a record", at: token.span,
        help: "a record is written `(name: value)`")
    case .arrow:
      report(
        .blockParameters, "`->` does not follow an expression", at: token.span,
        help: "an anonymous function is written `fn x -> …`")
    case .leftBrace where tokens[index - 1].kind == .name && hasBlockParameters(after: 1):
      report(
        .expectedEndOfStatement, "a block with parameters stands only after a call", at: token.span,
        help: "call it: `\(text(tokens[index - 1]))() { … }`")
    default:
      let foreign = tokens[index - 1].kind == .name ? Self.foreignWords[text(tokens[index - 1])] : nil
      report(
        .expectedEndOfStatement, "expected the end of the line or `;`, found \(words)", at: token.span,
        help: foreign.map { "in steersh that is written `\($0)`" })
    }
  }

  /// Words of other languages that people try.
  private static let foreignWords = [
    "def": "fn", "func": "fn", "function": "fn", "lambda": "fn", "const": "let", "import": "use", "elif": "else if",
    "assert": "expect", "until": "while",
  ]

  mutating func statement() -> Statement {
    let start = token
    let documentation = documentation()
    let outer = statementStart
    statementStart = index
    defer { statementStart = outer }
    let kind = statementKind()
    return Statement(
      kind, Span(start.span.lower, max(start.span.lower, previousEnd)), documentation: documentation)
  }

  private mutating func statementKind() -> Statement.Kind {
    switch token.kind {
    case .let: return constant()
    case .var: return variable()
    case .fn where startsDeclaration: return .function(functionDeclaration())
    case .operator: return .operation(operatorDeclaration())
    case .for: return loop()
    case .while: return whileLoop()
    case .return:
      advance()
      return .return(endsHere ? nil : expression())
    case .break:
      advance()
      return .break
    case .continue:
      advance()
      return .continue
    case .expect: return expectation()
    case .use where !peek().newlineBefore && (peek().kind == .stringStart || peek().kind == .rawString): return use()
    case .input where peek().kind.isWord && !peek().newlineBefore && peek(2).kind == .equals: return input()
    case .seed where startsSeed:
      advance()
      return .seed(expression())
    case .param
    where isBindable(peek()) && !peek().newlineBefore && (peek(2).kind == .leftBracket || peek(2).kind == .equals):
      return strayParameter()
    case _ where isBindable(token) && peek().kind == .assign: return assignment()
    default: return .expression(expression())
    }
  }

  /// Nothing more of the statement stands on this line.
  private var endsHere: Bool {
    token.newlineBefore || at(.endOfFile) || at(.rightBrace) || at(.semicolon)
  }

  /// `seed 42`, but not `seed + 1` or `seed.next`.
  private var startsSeed: Bool {
    let next = peek()
    if next.newlineBefore || next.kind == .assign || next.kind == .equals || next.kind == .dot { return false }
    return switch next.kind {
    case .endOfFile, .semicolon, .rightBrace, .rightParenthesis, .rightBracket, .comma, .colon, .leftBrace, .arrow,
      .leftBracket:
      false
    default: next.kind.infixPrecedence == nil
    }
  }

  private mutating func constant() -> Statement.Kind {
    advance()
    let pattern = pattern()
    guard expect(.equals, "after the name", help: at(.assign) ? "`let` binds with `=`" : nil) else { return .invalid }
    return .constant(pattern, expression())
  }

  private mutating func variable() -> Statement.Kind {
    advance()
    guard let name = newName("a name after `var`") else { return .invalid }
    guard expect(.equals, "after the name", help: at(.assign) ? "`var` binds with `=`" : nil) else { return .invalid }
    return .variable(name, expression())
  }

  private mutating func assignment() -> Statement.Kind {
    let name = Identifier(text(token), token.span)
    advance()
    advance()
    return .assignment(name, expression())
  }

  private mutating func loop() -> Statement.Kind {
    advance()
    let pattern = pattern()
    guard expect(.in, "after the name of the element") else { return .invalid }
    let values = head()
    return .loop(pattern, in: values, block(after: "what the loop runs over"))
  }

  private mutating func whileLoop() -> Statement.Kind {
    advance()
    let condition = head()
    return .while(condition, block(after: "the condition"))
  }

  private mutating func expectation() -> Statement.Kind {
    advance()
    let condition = head()
    return .expect(condition, message: take(.comma) ? expression() : nil)
  }

  private mutating func use() -> Statement.Kind {
    advance()
    return .use(plainString("`use`"))
  }

  /// `input lr = 2e-4 "learning rate"`
  private mutating func input() -> Statement.Kind {
    advance()
    guard let name = newName("a name after `input`"), expect(.equals, "after the input's name") else { return .invalid }
    let value = expression()
    var help: String?
    if !endsHere, at(.stringStart) || at(.rawString), case .string(let parts, _) = plainString("an input's help").kind {
      if case .text(let words)? = parts.first { help = words }
    }
    return .input(name, value, help: help)
  }

  private mutating func plainString(_ user: String) -> Expression {
    let value = operand()
    if case .string(let parts, _) = value.kind, parts.count == 1, case .text = parts[0] { return value }
    remark(.plainString, "\(user) takes a plain string, without `{…}`", at: value.span)
    return value
  }
}
