import Interpreter
import Syntax

/// The language as the line editor sees it.
final class PromptLanguage: EditingLanguage {
  private static let indentWidth = 2

  private unowned let evaluator: Evaluator

  init(_ evaluator: Evaluator) { self.evaluator = evaluator }

  func isComplete(_ chunk: String) -> Bool {
    MetaCommand.parse(chunk) != nil || Completeness.check(chunk) != .incomplete
  }

  func indent(after text: String) -> Int { Completeness.openBrackets(in: text) * Self.indentWidth }

  func highlights(of chunk: String) -> [Highlight] {
    MetaCommand.parse(chunk) == nil ? Highlighting.highlights(of: chunk) : []
  }

  func completions(of chunk: String, at cursor: Int) -> Completions {
    Completer(evaluator.current).completions(of: chunk, at: cursor)
  }
}
