import Tensors

/// What a model is asked: token ids, the images they refer to, and what each position is.
public struct Prompt: Sendable {
  public let ids: [Int]
  public let context: TokenContext
  /// Prepared images in the order of the prompt, f32 `[channel, row, column]` each.
  public let images: [Tensor]

  public init(ids: [Int], context: TokenContext, images: [Tensor]) {
    self.ids = ids
    self.context = context
    self.images = images
  }

  /// The same prompt, about a part of its picture.
  public func about(_ region: PixelBox) -> Prompt {
    let about = TokenContext(
      tokens: context.tokens, promptCount: context.promptCount, images: context.images, userText: context.userText,
      region: region, virtual: context.virtual)
    return Prompt(ids: ids, context: about, images: images)
  }
}
