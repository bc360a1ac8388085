// Reporting errors and finding the way back.

extension Parser {
  /// Reports an error, unless it only follows from one that was reported before.
  mutating func report(
    _ code: DiagnosticCode, _ message: String, at span: Span, _ label: String = "",
    also: [(span: Span, text: String)] = [], help: String? = nil, canContinue: Bool = true
  ) {
    defer { isPanicking = true }
    if isPanicking || hasStopped || token.kind == .invalid || token.isRepair { return }
    errorCount += 1
    diagnostics.append(
      Diagnostic(
        code, message, at: .init(span, in: source, label),
        labels: also.map { .init($0.span, in: source, $0.text) }, help: help,
        incomplete: canContinue && at(.endOfFile)))
  }

  /// Reports something after which reading goes on as if it were right.
  mutating func remark(
    _ code: DiagnosticCode, _ message: String, at span: Span, severity: Diagnostic.Severity = .error,
    also: [(span: Span, text: String)] = [], help: String? = nil
  ) {
    if isPanicking || hasStopped { return }
    if severity == .error { errorCount += 1 }
    diagnostics.append(
      Diagnostic(
        code, message, at: .init(span, in: source), severity: severity,
        labels: also.map { .init($0.span, in: source, $0.text) }, help: help))
  }

  /// How a token is called in messages.
  func describe(_ token: Token) -> String {
    switch token.kind {
    case .endOfFile: "the end of the text"
    case .stringStart, .stringText, .stringEnd, .rawString: "a string"
    case .interpolationEnd: "the `}` of the string"
    case _ where token.kind.isKeyword: "the keyword `\(text(token))`"
    default: "`\(text(token))`"
    }
  }

  /// What is found where something else was expected: at a line's end the caret stays on that line.
  var found: (words: String, span: Span) {
    if at(.endOfFile) || isOnNewLine(token) {
      return (at(.endOfFile) ? describe(token) : "the end of the line", Span(previousEnd, previousEnd))
    }
    return (describe(token), token.span)
  }

  /// Takes a token of this kind or reports that it is missing. `after` says what it belongs to.
  @discardableResult
  mutating func expect(_ kind: TokenKind, _ after: String, help: String? = nil) -> Bool {
    if take(kind) { return true }
    let (words, span) = found
    report(.expectedToken, "expected `\(kind.spelling ?? "")` \(after), found \(words)", at: span, help: help)
    return false
  }

  /// Takes the closing bracket of a list, or says which opening one lacks it.
  mutating func close(_ kind: TokenKind, openedBy open: Token) {
    if take(kind) { return }
    let opening = text(open)
    let closing = kind.spelling ?? ""
    let isForeignCloser = token.kind.isClosingBracket && !openBrackets.contains(token.kind)
    if isForeignCloser {
      report(
        .unclosedBracket, "expected `\(closing)`, found \(describe(token))", at: token.span,
        also: [(open.span, "opened here")])
      isPanicking = false
      return advance()
    }
    report(
      .unclosedBracket, "this `\(opening)` is never closed", at: open.span,
      also: at(.endOfFile) ? [] : [(found.span, "expected `\(closing)` before this")])
  }

  /// A token that can only begin a statement of its own, at the start of a line.
  var startsStatement: Bool {
    guard token.newlineBefore, peek().kind != .colon else { return false }
    return switch token.kind {
    case .let, .var, .for, .while, .return, .break, .continue, .operator, .expect: true
    case .fn: peek().kind == .name && peek(2).kind == .leftParenthesis
    case .input: peek().kind == .name && peek(2).kind == .equals
    case .use: peek().kind == .stringStart
    default: false
    }
  }

  /// After an error in a bracketed list: skips to its next comma or its end. False when the list has no end.
  mutating func recoverInList() -> Bool {
    var opened: [TokenKind] = []
    while !at(.endOfFile), !hasStopped {
      if startsStatement { return false }
      if let closing = token.kind.closingBracket {
        opened.append(closing)
      } else if token.kind.isClosingBracket {
        if opened.last == token.kind {
          opened.removeLast()
        } else if openBrackets.contains(token.kind) {
          isPanicking = openBrackets.last != token.kind
          return !isPanicking
        }
      } else if at(.comma), opened.isEmpty {
        isPanicking = false
        return true
      }
      advance()
    }
    return false
  }

  /// After an error in the statement whose first token is `start`: skips to where the next one begins.
  mutating func recoverInStatement(from start: Int) {
    var opened: [TokenKind] = []
    while !at(.endOfFile), !hasStopped {
      if startsStatement, index > start { break }
      if opened.isEmpty {
        if at(.semicolon) || at(.rightBrace) { break }
        if token.newlineBefore, index > start, !continuesLine(token) { break }
      }
      if let closing = token.kind.closingBracket {
        opened.append(closing)
      } else if token.kind.isClosingBracket, opened.last == token.kind {
        opened.removeLast()
      }
      advance()
    }
    isPanicking = hasStopped
  }
}

extension TokenKind {
  var closingBracket: TokenKind? {
    switch self {
    case .leftParenthesis: .rightParenthesis
    case .leftBracket: .rightBracket
    case .leftBrace: .rightBrace
    case .interpolationStart: .interpolationEnd
    default: nil
    }
  }

  var isClosingBracket: Bool {
    self == .rightParenthesis || self == .rightBracket || self == .rightBrace || self == .interpolationEnd
  }
}
