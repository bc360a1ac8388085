import Checkpoints
import Synchronization
import Tensors

/// A picture whose contents are known: one to four equal objects on one side, a digit on the other, on a plain or
/// patterned background.
///
/// What is in it is drawn at once; it is painted when the picture, or where something lies in it, is asked for first.
public final class Scene: Sendable {
  /// Its number among the scenes of its seed and split.
  public let number: Int
  public let attributes: SceneAttributes
  /// Whether the picture has low contrast and strong noise; two in five have.
  public let isHazy: Bool
  /// The draws that paint it.
  private let brush: (scene: Draws, grain: Draws)
  private let painted = Mutex<Painting?>(nil)

  init(seed: UInt64, stream: Stream, number: Int, fixed: [Attribute: Int] = [:]) {
    var draws = Draws(seed: seed, stream: stream.scene, index: number)
    var attributes = SceneAttributes(&draws)
    for (attribute, label) in fixed { attributes.set(attribute, to: label) }
    isHazy = draws.chance(0.4)
    self.number = number
    self.attributes = attributes
    brush = (draws, Draws(seed: seed, stream: stream.grain, index: number))
  }

  private var painting: Painting {
    painted.withLock { painted in
      if let painted { return painted }
      let painting = Painting(attributes, isHazy: isHazy, brush.scene, grain: brush.grain)
      painted = painting
      return painting
    }
  }

  /// Paints those of the scenes that are not painted yet, on all threads.
  public static func paint(_ scenes: [Scene]) {
    inParallel(scenes.count, grain: 4) { for index in $0 { _ = scenes[index].painting } }
  }

  /// 48 × 48 RGB pixels.
  public var image: Image { painting.image }
  /// The objects' bounding box, and the digit's.
  public var box: SceneBox { painting.box }
  public var digitBox: SceneBox { painting.digitBox }

  /// The word for an attribute.
  public subscript(attribute: Attribute) -> String { attributes[attribute] }

  /// Where an attribute is seen: the digit's box for the digit, the whole picture for its background, else the
  /// objects' box.
  public func region(of attribute: Attribute) -> SceneBox {
    switch attribute {
    case .digit: digitBox
    case .background, .pattern: SceneBox(x0: 0, y0: 0, x1: Layout.side, y1: Layout.side)
    default: box
    }
  }

  /// Which square patches the objects reach into, row by row. A patch counts when a pixel in it is at least three
  /// tenths covered; patches at the right and bottom edge may be cut off.
  public func patchMask(patchSize: Int = 12) -> [Bool] {
    let size = min(max(patchSize, 1), Layout.side)
    let count = (Layout.side + size - 1) / size
    var patches = Array(repeating: false, count: count * count)
    let covered = painting.covered
    for pixel in 0..<Layout.side * Layout.side where covered[pixel / 64] >> UInt64(pixel % 64) & 1 == 1 {
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

/// A scene's picture, and where things are in it.
private final class Painting: Sendable {
  let image: Image
  let box: SceneBox
  let digitBox: SceneBox
  /// A bit for each pixel that the objects cover, row by row from the lowest bit.
  let covered: [UInt64]

  init(_ attributes: SceneAttributes, isHazy: Bool, _ draws: Draws, grain: Draws) {
    var (draws, grain) = (draws, grain)
    let layout = Layout(attributes, &draws)
    let canvas = Canvas(attributes, layout: layout, isHazy: isHazy, scene: &draws, grain: &grain)
    image = Image(width: Layout.side, height: Layout.side, pixels: canvas.pixels)
    box = SceneBox(around: canvas.objects, width: Layout.side)
    digitBox = SceneBox(around: canvas.digit, width: Layout.side)
    var covered = [UInt64](repeating: 0, count: (canvas.objects.count + 63) / 64)
    for (pixel, isCovered) in canvas.objects.enumerated() where isCovered {
      covered[pixel / 64] |= 1 << UInt64(pixel % 64)
    }
    self.covered = covered
  }
}
