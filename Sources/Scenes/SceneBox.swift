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
