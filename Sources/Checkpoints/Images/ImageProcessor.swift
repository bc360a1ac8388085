import Tensors

/// Makes an image what a vision encoder expects: padded, resized, cropped, rescaled, normalised, in this order.
///
/// Bit for bit what transformers' PIL-based `CLIPImageProcessor` and `LlavaImageProcessor` give. Their
/// torchvision-based namesakes resize differently, by a few levels of 256 at edges.
public struct ImageProcessor: Equatable, Sendable {
  public enum Size: Equatable, Sendable {
    case exactly(width: Int, height: Int)
    /// The shorter side gets this many pixels; the other keeps the proportions, rounded down.
    case shortestEdge(Int)
  }

  /// Whether the image is first centred on a square of the mean colour.
  public var padsToSquare = false
  public var size: Size?
  public var filter = ResampleFilter.bicubic
  /// The part of the centre that is kept; where the image is smaller, black is added.
  public var crop: (width: Int, height: Int)?
  /// Factor for the samples 0…255.
  public var rescale: Double?
  /// Subtracted and divided by, channel by channel, after rescaling; three of each.
  public var normalization: (mean: [Double], deviation: [Double])?

  /// A processor that only converts samples to numbers.
  public init() {}

  public static func == (left: Self, right: Self) -> Bool {
    left.padsToSquare == right.padsToSquare && left.size == right.size && left.filter == right.filter
      && left.crop?.width == right.crop?.width && left.crop?.height == right.crop?.height
      && left.rescale == right.rescale && left.normalization?.mean == right.normalization?.mean
      && left.normalization?.deviation == right.normalization?.deviation
  }

  /// The numbers for one image, and how they lie on it. Transparent pixels are put on white first.
  /// - Returns: `[channel, row, column]`, f32.
  /// - Throws: `ImageProblem.tooLarge` when the resized image would be.
  public func process(_ image: Image) throws -> (pixels: Tensor, geometry: ImageGeometry) {
    do {
      var picture = image.onWhite
      var padding = (x: 0, y: 0)
      if padsToSquare, picture.width != picture.height {
        let side = max(picture.width, picture.height)
        padding = ((side - picture.width) / 2, (side - picture.height) / 2)
        let color = (normalization?.mean ?? [0, 0, 0]).map { UInt8(max(0, min(255, $0 * 255))) }
        picture = try picture.cropped(x: -padding.x, y: -padding.y, width: side, height: side, outside: color)
      }
      let padded = (width: picture.width, height: picture.height)
      if let size {
        let target = Self.target(size, for: picture)
        picture = try picture.resized(width: target.width, height: target.height, filter)
      }
      let resized = (width: picture.width, height: picture.height)
      var corner = (x: 0, y: 0)
      if let crop {
        // Rounded down also where it is negative.
        corner = ((resized.width - crop.width) >> 1, (resized.height - crop.height) >> 1)
        picture = try picture.cropped(x: corner.x, y: corner.y, width: crop.width, height: crop.height)
      }
      let scale = (
        x: Double(padded.width) / Double(resized.width), y: Double(padded.height) / Double(resized.height)
      )
      let geometry = ImageGeometry(
        originalWidth: image.width, originalHeight: image.height, width: picture.width, height: picture.height,
        xScale: scale.x, yScale: scale.y, xOffset: Double(corner.x) * scale.x - Double(padding.x),
        yOffset: Double(corner.y) * scale.y - Double(padding.y))
      return (numbers(picture), geometry)
    } catch let problem as ImageProblem { throw CheckpointError("the processed image", .image(problem)) }
  }

  private static func target(_ size: Size, for image: Image) -> (width: Int, height: Int) {
    switch size {
    case .exactly(let width, let height): return (width, height)
    case .shortestEdge(let edge):
      let isTall = image.width <= image.height
      let (short, long) = isTall ? (image.width, image.height) : (image.height, image.width)
      let other = Int(Double(edge) * Double(long) / Double(short))
      return isTall ? (edge, other) : (other, edge)
    }
  }

  private func numbers(_ image: Image) -> Tensor {
    let count = image.width * image.height
    let shape = Shape([Axis("channel", 3), Axis("row", image.height), Axis("column", image.width)])
    return Tensor(shape) { target in
      for channel in 0..<3 {
        let numbers = (0..<256).map { number($0, channel: channel) }
        for i in 0..<count { target[channel * count + i] = numbers[Int(image.pixels[i * 3 + channel])] }
      }
    }
  }

  /// One sample's number: rescaled in double precision, then normalised in single, as the reference does.
  private func number(_ sample: Int, channel: Int) -> Float {
    var number = Float(sample)
    if let rescale { number = Float(Double(sample) * rescale) }
    guard let normalization else { return number }
    return (number - Float(normalization.mean[channel])) / Float(normalization.deviation[channel])
  }
}
