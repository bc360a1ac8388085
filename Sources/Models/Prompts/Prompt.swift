import Tensors

/// What a model is asked: token ids, the images they refer to, and what each position is.
public struct Prompt: Sendable {
  public var ids: [Int]
  public var context: TokenContext
  /// What the vision tower sees, f32 `[channel, row, column]` each: the tiles of the first image, then those of the next.
  public var images: [Tensor]

  public init(ids: [Int], context: TokenContext, images: [Tensor]) {
    self.ids = ids
    self.context = context
    self.images = images
  }

  /// The same prompt, about a part of its picture.
  public func about(_ region: PixelBox) -> Prompt {
    var about = self
    about.context.region = region
    return about
  }
}
