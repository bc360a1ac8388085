/// Whether what was typed at the prompt is a whole chunk.
public enum Completeness: Sendable, Equatable {
  /// It can run.
  case complete
  /// A bracket is open or an operand is missing at the end: more lines can make it whole.
  case incomplete
  /// No further line can mend it.
  case invalid

  public static func check(_ text: String) -> Completeness {
    check(Script.parse(SourceText(name: "<prompt>", text)))
  }

  public static func check(_ script: Script) -> Completeness {
    let errors = script.diagnostics.filter { $0.severity == .error }
    if errors.isEmpty { return .complete }
    return errors.allSatisfy(\.incomplete) ? .incomplete : .invalid
  }

  /// How many brackets are open at the end of the text; the prompt indents the next line by as many steps.
  public static func openBrackets(in text: String) -> Int {
    var open: [TokenKind] = []
    for token in Lexer.tokenize(SourceText(name: "<prompt>", text)).tokens {
      if let closing = token.kind.closingBracket {
        open.append(closing)
      } else if token.kind.isClosingBracket, open.last == token.kind {
        open.removeLast()
      }
    }
    return open.count
  }
}
