extension ImageProcessor.Size {
  /// The size that a picture of `width × height` pixels gets.
  /// - Throws: `ImageProblem.tooLong`.
  func target(width: Int, height: Int) throws -> (width: Int, height: Int) {
    switch self {
    case .exactly(let width, let height): return (width, height)
    case .shortestEdge(let edge):
      let isTall = width <= height
      let (short, long) = isTall ? (width, height) : (height, width)
      let other = Int(Double(edge) * Double(long) / Double(short))
      return isTall ? (edge, other) : (other, edge)
    case .multiples(let side, let pixels):
      guard max(width, height) <= Self.longest * min(width, height) else {
        throw ImageProblem.tooLong(width: width, height: height, ratio: Self.longest)
      }
      return Self.multiples(of: Double(side), Double(width), Double(height), pixels)
    }
  }

  /// Sides of a picture are refused from this proportion on.
  private static let longest = 200

  /// The formulas of the reference, rounding halves to even as Python's `round`.
  private static func multiples(
    of side: Double, _ width: Double, _ height: Double, _ pixels: ClosedRange<Int>
  ) -> (width: Int, height: Int) {
    let (least, most) = (Double(pixels.lowerBound), Double(pixels.upperBound))
    var columns = (width / side).rounded(.toNearestOrEven)
    var rows = (height / side).rounded(.toNearestOrEven)
    if rows * side * (columns * side) > most {
      let shrink = (height * width / most).squareRoot()
      rows = max(1, (height / shrink / side).rounded(.down))
      columns = max(1, (width / shrink / side).rounded(.down))
    } else if rows * side * (columns * side) < least {
      let grow = (least / (height * width)).squareRoot()
      rows = (height * grow / side).rounded(.up)
      columns = (width * grow / side).rounded(.up)
    }
    return (Int(columns) * Int(side), Int(rows) * Int(side))
  }
}

extension PatchLayout {
  /// - Throws: `ImageProblem.patches` when the sides are no multiples of `side × merge`.
  func grid(width: Int, height: Int) throws -> PatchGrid {
    guard width.isMultiple(of: side * merge), height.isMultiple(of: side * merge) else {
      throw ImageProblem.patches(width: width, height: height, side: side * merge)
    }
    return PatchGrid(rows: height / side, columns: width / side, layout: self)
  }
}
