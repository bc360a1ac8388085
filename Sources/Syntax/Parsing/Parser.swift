/// Makes the tree of a text: statements by descent, expressions by precedence climbing.
///
/// After an error it skips to the end of the list or the statement it is in and goes on, so one run tells of several
/// mistakes. Recursion and the height of the tree are bounded, so that neither the parser nor any later walk over the
/// tree can run out of stack.
struct Parser {
  /// The deepest nesting of the text and of the tree.
  static let depthLimit = 200
  static let errorLimit = 50

  let source: SourceText
  let tokens: [Token]
  let comments: [Comment]
  var diagnostics: [Diagnostic]
  var index = 0

  /// False inside `(…)`, `[…]` and interpolations, where a line break is plain space.
  var newlinesEndStatements = true
  /// False in the head of `if`, `for` and `while`, where `{` opens their block.
  var allowsTrailingBlock = true
  /// The closing brackets that are waited for, innermost last.
  var openBrackets: [TokenKind] = []

  /// An error was reported and nothing has been skipped yet: what follows would be nonsense.
  var isPanicking = false
  var hasStopped = false
  /// How many errors the parser has reported.
  var errorCount = 0
  /// The first token of the statement being read.
  var statementStart = 0
  /// How many parse functions are running inside each other.
  var depth = 0
  /// The greatest height among the parts, read so far, of the node at hand.
  var height = 0

  init(_ source: SourceText) {
    self.source = source
    (tokens, comments, diagnostics) = Lexer.tokenize(source)
  }

  var token: Token { tokens[index] }

  var previousEnd: Int { index > 0 ? tokens[index - 1].span.upper : 0 }

  func peek(_ offset: Int = 1) -> Token { tokens[min(index + offset, tokens.count - 1)] }

  func at(_ kind: TokenKind) -> Bool { tokens[index].kind == kind }

  mutating func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  /// Takes the token if it is of this kind.
  mutating func take(_ kind: TokenKind) -> Bool {
    guard at(kind) else { return false }
    advance()
    return true
  }

  func text(_ token: Token) -> String { source.text(token.span) }

  /// A line break before the token ends the statement here.
  func isOnNewLine(_ token: Token) -> Bool { newlinesEndStatements && token.newlineBefore }

  /// Runs `body` in a context of its own as to line breaks and trailing blocks.
  mutating func within<Result>(
    newlinesEnd: Bool, trailingBlock: Bool = true, _ body: (inout Parser) -> Result
  ) -> Result {
    let saved = (newlinesEndStatements, allowsTrailingBlock)
    newlinesEndStatements = newlinesEnd
    allowsTrailingBlock = trailingBlock
    defer { (newlinesEndStatements, allowsTrailingBlock) = saved }
    return body(&self)
  }

  /// Reads the parts of one node with `body`, bounding recursion and height. nil when a bound is reached.
  mutating func nested<Result>(_ body: (inout Parser) -> Result) -> Result? {
    let outer = height
    height = 0
    depth += 1
    defer {
      depth -= 1
      height = max(outer, height)
    }
    guard depth <= Self.depthLimit else {
      stopTooDeep()
      return nil
    }
    let result = body(&self)
    grow()
    return result
  }

  /// The parts read so far become the parts of one node more.
  mutating func grow() {
    height += 1
    if height > Self.depthLimit { stopTooDeep() }
  }

  private mutating func stopTooDeep() {
    guard !hasStopped else { return }
    isPanicking = false
    report(
      .tooDeep, "the program is nested more than \(Self.depthLimit) levels deep here", at: token.span,
      help: "give parts of it names with `let`")
    hasStopped = true
    isPanicking = true
    index = tokens.count - 1
  }

  /// The lexer's and the parser's diagnostics in the order of the text, with an end to their number.
  func finishedDiagnostics() -> [Diagnostic] {
    let ordered = diagnostics.enumerated().sorted { a, b in
      let (left, right) = (a.element.primary?.span.lower ?? 0, b.element.primary?.span.lower ?? 0)
      return left == right ? a.offset < b.offset : left < right
    }.map(\.element)
    guard ordered.count > Self.errorLimit else { return ordered }
    let rest = Diagnostic(
      .tooManyErrors, "\(ordered.count - Self.errorLimit) more diagnostics are not shown", at: nil, severity: .note)
    return Array(ordered.prefix(Self.errorLimit)) + [rest]
  }
}
