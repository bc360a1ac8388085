import Checkpoints

/// What each sample of a run consists of so far.
final class RunContexts {
  private var contexts: [TokenContext]
  private var generated: [[Int]]
  private let tokenizer: Tokenizer?

  init(_ prompts: [Prompt], tokenizer: Tokenizer?) {
    contexts = prompts.map(\.context)
    generated = prompts.map { _ in [] }
    self.tokenizer = tokenizer
  }

  func append(_ id: Int, to sample: Int) { generated[sample].append(id) }

  /// Made when somebody asks, and kept until there are more tokens.
  subscript(sample: Int) -> TokenContext {
    let context = contexts[sample]
    let missing = context.promptCount + generated[sample].count - context.tokens.count
    guard missing > 0 else { return context }
    contexts[sample] = context.appending(generated[sample].suffix(missing)) { [tokenizer] id in
      tokenizer?.token(id) ?? ""
    }
    return contexts[sample]
  }
}
