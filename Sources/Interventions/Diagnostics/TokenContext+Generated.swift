import Checkpoints
import Models

extension TokenContext {
  /// With generated tokens after the prompt's.
  func appending(_ ids: [Int], _ blueprint: Blueprint) -> TokenContext {
    guard !ids.isEmpty else { return self }
    let generated = ids.map { id in
      Token(id: id, role: .generated, text: blueprint.tokenizer.decode([id], skipSpecial: false), characters: nil)
    }
    return TokenContext(
      tokens: tokens.prefix(promptCount) + generated, promptCount: promptCount, images: images, userText: userText,
      region: region, virtual: virtual)
  }
}
