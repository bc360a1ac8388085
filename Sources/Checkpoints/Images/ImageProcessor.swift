import Tensors

/// Makes an image what a vision encoder expects: padded, cut up, resized, cropped, rescaled, normalised, in this order.
///
/// Bit for bit what transformers' PIL-based processors give (docs/reference/images.md lists them). Their
/// torchvision-based namesakes resize differently, by a few levels of 256 at edges.
public struct ImageProcessor: Equatable, Sendable {
  public enum Size: Equatable, Sendable {
    case exactly(width: Int, height: Int)
    /// The shorter side gets this many pixels; the other keeps the proportions, rounded down.
    case shortestEdge(Int)
    /// Qwen2-VL's smart resize: both sides multiples of `side`, nearest to the picture's own, with `pixels` in all as far
    /// as proportions allow. Pictures more than 200 times as long as wide are refused.
    case multiples(of: Int, pixels: ClosedRange<Int>)
  }

  /// How a picture is cut up before its parts are resized: LLaVA-NeXT's "anyres".
  public struct Cells: Equatable, Sendable {
    /// Sizes that the canvas may have, in the order in which they are preferred when they are equally good.
    public var canvases: [Canvas]
    /// Side of a cell in pixels, of which the sizes of the canvases are multiples.
    public var side: Int
    /// The size of the tile that shows the whole picture.
    public var whole: Canvas

    public struct Canvas: Equatable, Sendable {
      public var width: Int
      public var height: Int

      public init(width: Int, height: Int) {
        self.width = width
        self.height = height
      }
    }

    public init(canvases: [Canvas], side: Int, whole: Canvas) {
      self.canvases = canvases
      self.side = side
      self.whole = whole
    }
  }

  /// The colour of the square on which the image is first centred, three samples; nil for no such square.
  public var square: [UInt8]?
  /// Nil for pictures that stay in one piece.
  public var cells: Cells?
  public var size: Size?
  public var filter = ResampleFilter.bicubic
  /// The part of the centre that is kept; where the image is smaller, black is added.
  public var crop: (width: Int, height: Int)?
  /// Factor for the samples 0…255.
  public var rescale: Double?
  /// Subtracted and divided by, channel by channel, after rescaling; three of each.
  public var normalization: (mean: [Double], deviation: [Double])?
  /// How tiles are cut into patches, where the processor's configuration says it.
  public var patches: PatchLayout?

  /// A processor that only converts samples to numbers.
  public init() {}

  /// The processor of BLIP-2's code, which MiniGPT-v2 takes with `side` 448 and no configuration file: both sides resized,
  /// CLIP's mean and deviation.
  public static func blip2(side: Int) -> ImageProcessor {
    var processor = ImageProcessor()
    processor.size = .exactly(width: side, height: side)
    processor.rescale = 1.0 / 255
    processor.normalization = (ImageProcessorKind.clipMean, ImageProcessorKind.clipDeviation)
    return processor
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.square == right.square && left.cells == right.cells && left.size == right.size && left.filter == right.filter
      && left.crop?.width == right.crop?.width && left.crop?.height == right.crop?.height
      && left.rescale == right.rescale && left.normalization?.mean == right.normalization?.mean
      && left.normalization?.deviation == right.normalization?.deviation && left.patches == right.patches
  }

  /// The numbers for one image, and how they lie on it. Transparent pixels are put on white first.
  /// - Throws: `ImageProblem.tooLarge` when the resized image would be, `.tooLong` and `.patches` for pictures that
  ///   cannot be cut into patches; in a `CheckpointError`.
  public func process(_ image: Image) throws -> ProcessedImage {
    do {
      var picture = PlacedImage(image.onWhite)
      if let square { picture = try picture.squared(on: square) }
      var parts = [picture]
      var tiling: ImageTiling?
      if let cells {
        let cut = try cells.cut(picture, filter)
        parts = [try picture.resized(width: cells.whole.width, height: cells.whole.height, filter)] + cut.parts
        tiling = cut.tiling
      }
      return ProcessedImage(
        originalWidth: image.width, originalHeight: image.height, tiles: try parts.map(tile), tiling: tiling)
    } catch let problem as ImageProblem { throw CheckpointError("the processed image", .image(problem)) }
  }

  private func tile(_ part: PlacedImage) throws -> ImageTile {
    var part = part
    if let size {
      let target = try size.target(width: part.image.width, height: part.image.height)
      part = try part.resized(width: target.width, height: target.height, filter)
    }
    if let crop { part = try part.centered(width: crop.width, height: crop.height) }
    let grid = try patches.map { try $0.grid(width: part.image.width, height: part.image.height) }
    return ImageTile(pixels: numbers(part.image), geometry: part.geometry, grid: grid)
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
