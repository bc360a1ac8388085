import Checkpoints

/// A picture whose contents are known: one to four equal objects on one side, a digit on the other, on a plain or
/// patterned background.
public struct Scene: Sendable {
  /// 48 × 48 RGB pixels.
  public let image: Image
  public let attributes: SceneAttributes
  /// Whether the picture has low contrast and strong noise; two in five have.
  public let isHazy: Bool
  /// The objects' bounding box, and the digit's.
  public let box: SceneBox
  public let digitBox: SceneBox
  /// Pixels that the objects cover, row by row.
  private let mask: [Bool]

  init(seed: UInt64, stream: Stream, index: Int, fixed: [Attribute: Int]) {
    var draws = Draws(seed: seed, stream: stream.scene, index: index)
    var attributes = SceneAttributes(&draws)
    for (attribute, value) in fixed { attributes.set(attribute, toIndex: value) }
    let isHazy = draws.chance(0.4)
    let layout = Layout(attributes, &draws)
    var grain = Draws(seed: seed, stream: stream.grain, index: index)
    let canvas = Canvas(attributes, layout: layout, isHazy: isHazy, scene: &draws, grain: &grain)
    image = Image(width: Layout.side, height: Layout.side, pixels: canvas.pixels)
    self.attributes = attributes
    self.isHazy = isHazy
    box = SceneBox(around: canvas.objects, width: Layout.side)
    digitBox = SceneBox(around: canvas.digit, width: Layout.side)
    mask = canvas.objects
  }

  /// The word for an attribute.
  public subscript(attribute: Attribute) -> String { attributes[attribute] }

  /// Which square patches the objects reach into, row by row. A patch counts when a pixel in it is at least three
  /// tenths covered; patches at the right and bottom edge may be cut off.
  public func patchMask(patchSize: Int = 12) -> [Bool] {
    let size = min(max(patchSize, 1), Layout.side)
    let count = (Layout.side + size - 1) / size
    var patches = Array(repeating: false, count: count * count)
    for (pixel, isCovered) in mask.enumerated() where isCovered {
      patches[pixel / Layout.side / size * count + pixel % Layout.side / size] = true
    }
    return patches
  }

  /// All attributes in one sentence, as the miniature describes them.
  public var caption: String {
    "\(self[.count]) \(self[.size]) \(self[.color]) \(self[.shape]) on the \(self[.position]) of a \(self[.pattern]) "
      + "\(self[.background]) background with the digit \(self[.digit]) ."
  }

  /// A first question and its answer about an attribute.
  public func question(_ attribute: Attribute) -> (question: String, answer: String) {
    (Questions.about(attribute).last ?? "", self[attribute])
  }
}

/// A rectangle of whole pixels: from (x0, y0) up to, but not including, (x1, y1); y points down.
public struct SceneBox: Equatable, Sendable {
  public let x0: Int
  public let y0: Int
  public let x1: Int
  public let y1: Int

  public init(x0: Int, y0: Int, x1: Int, y1: Int) {
    self.x0 = x0
    self.y0 = y0
    self.x1 = x1
    self.y1 = y1
  }

  /// The smallest box around the marked pixels; empty where none is marked.
  init(around mask: [Bool], width: Int) {
    var (x0, y0, x1, y1) = (width, Int.max, 0, 0)
    for (pixel, isMarked) in mask.enumerated() where isMarked {
      let (x, y) = (pixel % width, pixel / width)
      (x0, y0, x1, y1) = (min(x0, x), min(y0, y), max(x1, x + 1), max(y1, y + 1))
    }
    self.init(x0: min(x0, x1), y0: min(y0, y1), x1: x1, y1: y1)
  }
}
