import Syntax

/// What goes wrong while a script runs.
///
/// Whoever detects it knows the code and the words; the machine adds where it happened and the stack in script terms,
/// unless they are there already. Natives throw it, too: `throw ScriptError(.badArgument, "…")`.
public struct ScriptError: Error, Sendable, CustomStringConvertible {
  public var diagnostic: Diagnostic
  /// What a host threw, where it was not a `ScriptError`.
  public var cause: (any Error)?

  public init(
    _ code: DiagnosticCode, _ message: String, help: String? = nil, labels: [Diagnostic.Label] = [],
    at location: Diagnostic.Label? = nil
  ) {
    diagnostic = Diagnostic(code, message, at: location, labels: labels, help: help)
  }

  /// Any error as a `ScriptError`: a host's own error keeps its description as the message.
  public init(_ error: any Error) {
    switch error {
    case let error as ScriptError:
      self = error
    case let diagnostic as Diagnostic:
      self.diagnostic = diagnostic
    default:
      diagnostic = Diagnostic(.hostFailure, String(describing: error), at: nil)
      cause = error
    }
  }

  public var code: DiagnosticCode { diagnostic.code }
  public var message: String { diagnostic.message }
  public var description: String { "\(code.id): \(message)" }
  /// Whether the script was stopped from outside (Ctrl-C).
  public var isInterruption: Bool { code == .interrupted }
}

/// A chunk that was not run because it does not parse or resolve.
public struct CompileFailure: Error, Sendable, CustomStringConvertible {
  /// At least one error; warnings may be among them.
  public let diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  public var description: String { diagnostics.map { "\($0.code.id): \($0.message)" }.joined(separator: "\n") }
}

extension ScriptError {
  static func unknownField(_ name: String, of record: RecordObject) -> ScriptError {
    let fields = record.names.isEmpty ? "it has no fields" : "it has \(Words.listing(record.names))"
    return ScriptError(
      .unknownMember, "the record has no field `\(name)`; \(fields)",
      help: NameSuggestion.closest(to: name, among: record.names).map { "did you mean `\($0)`?" })
  }
}
