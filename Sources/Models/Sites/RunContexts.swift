import Checkpoints
import Tensors

/// What each sample of a run consists of so far.
final class RunContexts {
  private var contexts: [TokenContext]
  private var generated: [[Int]]
  private let tokenizer: Tokenizer?
  /// What the vision tower made of the rows that interventions added to each sample's images, `[token, input]`; nil where
  /// there are none.
  private(set) var virtualRows: [Tensor?]

  init(_ prompts: [Prompt], tokenizer: Tokenizer?) {
    contexts = prompts.map(\.context)
    generated = prompts.map { _ in [] }
    self.tokenizer = tokenizer
    virtualRows = prompts.map { _ in nil }
  }

  func append(_ id: Int, to sample: Int) { generated[sample].append(id) }

  /// - Parameters:
  ///   - rows: sample after sample, `counts` of each.
  func keep(virtualRows rows: Buffer, counts: [Int], width: Int) {
    var from = UnsafePointer(rows.pointer)
    virtualRows = counts.map { count in
      guard count > 0 else { return nil }
      defer { from += count * width }
      return Tensor(Shape([Axis("token", count), Axis("input", width)])) { out in
        out.baseAddress?.update(from: from, count: out.count)
      }
    }
  }

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
