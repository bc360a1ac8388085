/// Something to tell about a script: what was found, what was expected, where, and at most one suggestion.
///
/// The lexer, the parser, the resolver, the evaluator and the host all speak through this type, so that one renderer
/// gives every message its form.
public struct Diagnostic: Error, Sendable {
  public enum Severity: String, Sendable { case error, warning, note }

  /// A stretch of a source text with a few words about it; the words may be empty.
  public struct Label: Sendable {
    public let source: SourceText
    public let span: Span
    public let text: String

    public init(_ span: Span, in source: SourceText, _ text: String = "") {
      self.source = source
      self.span = span
      self.text = text
    }
  }

  /// One line of a stack in script terms: the function that ran and where it was called.
  public struct Frame: Sendable {
    public let function: String
    public let call: Label

    public init(function: String, call: Label) {
      self.function = function
      self.call = call
    }
  }

  public var severity: Severity
  public var code: DiagnosticCode
  /// One sentence without a full stop: what was found and what was expected.
  public var message: String
  /// Where it is; nil when there is no script, as for a bad command line.
  public var primary: Label?
  /// Other places that explain it, for instance where a bad value came from, maybe in another source.
  public var labels: [Label]
  /// At most one suggestion, and only a fitting one.
  public var help: String?
  /// The calls that led there, innermost first.
  public var stack: [Frame]
  /// More input could complete the chunk; the prompt goes on reading.
  public var incomplete: Bool

  public init(
    _ code: DiagnosticCode, _ message: String, at primary: Label?, severity: Severity = .error, labels: [Label] = [],
    help: String? = nil, stack: [Frame] = [], incomplete: Bool = false
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.primary = primary
    self.labels = labels
    self.help = help
    self.stack = stack
    self.incomplete = incomplete
  }
}
