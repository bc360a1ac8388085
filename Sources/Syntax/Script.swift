/// What a source text means: its statements, and what is wrong with them.
public struct Script: Sendable {
  public let source: SourceText
  public let statements: [Statement]
  /// In the order of the text. Where there are errors, the tree has `invalid` nodes in those places.
  public let diagnostics: [Diagnostic]

  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Reads a whole text; never fails, always returns a tree.
  public static func parse(_ source: SourceText) -> Script {
    var parser = Parser(source)
    let statements = parser.script()
    return Script(source: source, statements: statements, diagnostics: parser.finishedDiagnostics())
  }
}

extension Expression {
  /// Reads one expression, for instance an option's value on a command line. More than one expression is an error.
  public static func parse(_ source: SourceText) -> (expression: Expression, diagnostics: [Diagnostic]) {
    let script = Script.parse(source)
    if script.statements.count == 1, case .expression(let expression) = script.statements[0].kind {
      return (expression, script.diagnostics)
    }
    let span = Span(0, source.bytes.count)
    var diagnostics = script.diagnostics
    if !script.hasErrors {
      diagnostics.append(
        Diagnostic(
          .expectedExpression, "expected one expression, found \(script.statements.count) statements",
          at: .init(span, in: source), incomplete: script.statements.isEmpty))
    }
    return (Expression(.invalid, span), diagnostics)
  }
}
