import Tensors

/// An image as the vision tower takes it.
public struct PreparedImage: Sendable {
  /// f32 `[channel, row, column]`, normalised.
  public let pixels: Tensor
  /// From pixels here to pixels of the image as given: `original = here * scale + offset`.
  public let scale: (x: Double, y: Double)
  public let offset: (x: Double, y: Double)

  public init(pixels: Tensor, scale: (x: Double, y: Double) = (1, 1), offset: (x: Double, y: Double) = (0, 0)) {
    self.pixels = pixels
    self.scale = scale
    self.offset = offset
  }
}
