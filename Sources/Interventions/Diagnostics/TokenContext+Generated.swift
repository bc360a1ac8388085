import Checkpoints
import Models

extension TokenContext {
  /// With these generated tokens after the prompt's, and no others.
  func appending(_ ids: [Int], _ blueprint: Blueprint) -> TokenContext {
    guard !ids.isEmpty else { return self }
    var prompt = self
    prompt.tokens = Array(tokens.prefix(promptCount))
    return prompt.appending(ids) { blueprint.tokenizer.decode([$0], skipSpecial: false) }
  }
}
