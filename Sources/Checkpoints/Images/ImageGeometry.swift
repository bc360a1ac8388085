/// How the pixels of a processed image lie on the image it was made from.
///
/// Coordinates are continuous: pixel i reaches from i to i + 1, so a region of interest keeps its borders.
public struct ImageGeometry: Equatable, Sendable {
  /// The sizes before and after, in pixels.
  public let originalWidth: Int
  public let originalHeight: Int
  public let width: Int
  public let height: Int
  /// Original pixels for each processed pixel.
  public let xScale: Double
  public let yScale: Double
  /// Where the processed image's top left corner lies in the original; negative where it is padded.
  public let xOffset: Double
  public let yOffset: Double

  public init(
    originalWidth: Int, originalHeight: Int, width: Int, height: Int, xScale: Double = 1, yScale: Double = 1,
    xOffset: Double = 0, yOffset: Double = 0
  ) {
    self.originalWidth = originalWidth
    self.originalHeight = originalHeight
    self.width = width
    self.height = height
    self.xScale = xScale
    self.yScale = yScale
    self.xOffset = xOffset
    self.yOffset = yOffset
  }

  public func original(x: Double, y: Double) -> (x: Double, y: Double) {
    (x * xScale + xOffset, y * yScale + yOffset)
  }

  public func processed(x: Double, y: Double) -> (x: Double, y: Double) {
    ((x - xOffset) / xScale, (y - yOffset) / yScale)
  }
}
