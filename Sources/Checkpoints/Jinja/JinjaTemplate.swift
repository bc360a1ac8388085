/// A chat template: Jinja, as far as chat templates use it, with the meaning that Jinja and Python give it in the sandbox
/// of transformers' `apply_chat_template`.
///
/// Templates come with checkpoints from other people. Rendering reads no file, no environment and no clock but the one it
/// is given, and stops at a limit of work. `docs/reference/templates.md` says what of Jinja is read.
public struct JinjaTemplate: Sendable {
  /// The file it came from, for errors.
  public let name: String
  private let statements: [JinjaStatement]
  private let source: [Unicode.Scalar]

  /// Longer templates are not read.
  private static let longest = 1 << 20

  /// - Throws: `TemplateProblem` with line and column for what is not Jinja, or not read.
  public init(_ text: String, name: String) throws {
    self.name = name
    var lexer = JinjaLexer(text)
    source = lexer.source
    do {
      guard lexer.source.count <= Self.longest else {
        throw TemplateFailure(.limit("a template of more than \(Self.longest) characters"), at: 0)
      }
      var parser = JinjaParser(try lexer.run())
      statements = try parser.template()
    } catch let failure as TemplateFailure {
      throw Self.error(failure, lexer.source, name)
    }
  }

  /// - Throws: `TemplateProblem` where the template refuses what it is given, does what values do not allow, or takes more
  ///   than `limits`.
  public func render(
    _ variables: [String: JinjaValue], limits: JinjaLimits = JinjaLimits(), clock: (String) -> String
  ) throws -> MarkedText {
    try withoutActuallyEscaping(clock) { clock in
      do { return try JinjaRun(limits: limits, clock: clock).render(statements, variables) } catch let failure
        as TemplateFailure
      {
        throw Self.error(failure, source, name)
      }
    }
  }

  private static func error(_ failure: TemplateFailure, _ source: [Unicode.Scalar], _ name: String) -> CheckpointError {
    let before = source[..<min(failure.offset ?? 0, source.count)]
    let line = before.count { $0 == "\n" } + 1
    let column = before.count - (before.lastIndex(of: "\n").map { $0 + 1 } ?? 0) + 1
    return CheckpointError(
      name, .template(TemplateProblem(kind: failure.kind, position: .init(line: line, column: column))))
  }
}
