/// What is wrong with a chat template, or with what it was asked to lay out.
public struct TemplateProblem: Equatable, Sendable {
  /// The kinds of things that go wrong.
  public enum Kind: Equatable, Sendable {
    /// The text is not Jinja.
    case expected(String, found: String)
    /// Jinja, but a part of it that is not read here. `read` are the parts of that kind that are.
    case unsupported(String, read: [String])
    /// Something was done with a value that is not there.
    case undefined(String)
    /// An operation on values of the wrong kind, or out of range.
    case operation(String)
    /// The template refuses the conversation, in its own words.
    case raised(String)
    /// More work, memory or nesting than a chat template may take.
    case limit(String)
  }

  public let kind: Kind
  /// Where in the template: line and column from 1.
  public let position: JSONProblem.Position
}

extension TemplateProblem: CustomStringConvertible {
  public var description: String {
    switch kind {
    case .expected(let expected, let found): "expected \(expected), found \(found)"
    case .unsupported(let what, let read):
      read.isEmpty ? "\(what) is not supported" : "\(what) is not supported; supported are \(listing(read, limit: 80))"
    case .undefined(let name): "\(name) is undefined; it must have a value here"
    case .operation(let problem): problem
    case .raised(let message): "the template refuses this conversation: \(message)"
    case .limit(let problem): problem
    }
  }
}

/// A problem on its way to the place that knows the file; the innermost expression gives the place in the text.
struct TemplateFailure: Error {
  let kind: TemplateProblem.Kind
  /// In Unicode scalars from the start of the template.
  var offset: Int?

  init(_ kind: TemplateProblem.Kind, at offset: Int? = nil) {
    self.kind = kind
    self.offset = offset
  }

  static func operation(_ problem: String) -> TemplateFailure { TemplateFailure(.operation(problem)) }

  func at(_ place: Int) -> TemplateFailure { TemplateFailure(kind, at: offset ?? place) }
}
