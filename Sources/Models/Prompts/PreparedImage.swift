import Checkpoints
import Tensors

/// An image as the vision tower takes it.
public struct PreparedImage: Sendable {
  /// f32 `[channel, row, column]`, normalised.
  public let pixels: Tensor
  /// How its pixels lie on the image as given.
  public let geometry: ImageGeometry

  public init(pixels: Tensor, geometry: ImageGeometry) {
    self.pixels = pixels
    self.geometry = geometry
  }
}
