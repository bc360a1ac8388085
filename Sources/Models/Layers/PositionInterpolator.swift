import Autodiff
import Tensors

/// Learned positions of a square grid of patches, brought to another grid as torch's `interpolate` brings them.
///
/// The class token's position stays. Each axis is a small matrix, so that the forward pass and its gradient are products.
struct PositionInterpolator {
  /// Positions that are not interpolated, before the grid's.
  private let leading: Int
  private let side: Int
  /// `[down, row]` and `[across, column]`: what each new row or column takes of the old ones.
  private let down: Tensor
  private let across: Tensor

  init(leading: Int, side: Int, to grid: PatchCount, antialiased: Bool) {
    self.leading = leading
    self.side = side
    down = Self.matrix("down", grid.rows, "row", side, antialiased)
    across = Self.matrix("across", grid.columns, "column", side, antialiased)
  }

  /// - Parameter table: f32 `[position, model]`.
  func apply(_ table: Tensor) throws -> Tensor { try apply(Variable(table)).value }

  func apply(_ table: Variable) throws -> Variable {
    let grid = try table.select("position", .range(leading..<leading + side * side))
      .split("position", into: [Axis("row", side), Axis("column", side)])
    let wide = try Variable(across).contract(grid, over: ["column"])
    let patches = try Variable(down).contract(wide, over: ["row"]).reorder(["down", "across", "model"])
      .merge(["down", "across"], into: "position")
    guard leading > 0 else { return patches }
    return try Variable.concat([table.select("position", .range(0..<leading)), patches], along: "position")
  }

  private static func matrix(_ new: String, _ count: Int, _ old: String, _ side: Int, _ antialiased: Bool) -> Tensor {
    Tensor(Shape([Axis(new, count), Axis(old, side)])) { out in
      out.update(repeating: 0)
      for place in 0..<count {
        let shares = antialiased ? wide(place, count, side) : narrow(place, count, side)
        for (index, share) in shares { out[place * side + min(max(index, 0), side - 1)] += share }
      }
    }
  }

  /// Four neighbours, those beyond the border being the border itself; a = −0.75.
  private static func narrow(_ place: Int, _ count: Int, _ side: Int) -> [(index: Int, share: Float)] {
    let source = (Float(place) + 0.5) * (Float(side) / Float(count)) - 0.5
    let first = source.rounded(.down)
    return (-1...2).map { (Int(first) + $0, cubic(abs(source - first - Float($0)), -0.75)) }
  }

  /// All that a kernel as wide as the step covers, inside the borders, with shares that sum to 1; a = −0.5.
  private static func wide(_ place: Int, _ count: Int, _ side: Int) -> [(index: Int, share: Float)] {
    let scale = Float(side) / Float(count)
    let step = max(scale, 1)
    let centre = scale * (Float(place) + 0.5)
    let first = max(Int(centre - 2 * step + 0.5), 0)
    let last = min(Int(centre + 2 * step + 0.5), side)
    let shares = (first..<max(last, first)).map { cubic(abs(Float($0) - centre + 0.5) / step, -0.5) }
    let sum = shares.reduce(0, +)
    return zip(first..<max(last, first), shares).map { ($0, $1 / sum) }
  }

  /// Keys' cubic convolution kernel.
  private static func cubic(_ x: Float, _ a: Float) -> Float {
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}

extension VisionConfiguration {
  /// Nil for a picture of the size that the positions were learned for.
  func interpolator(to grid: PatchCount) -> PositionInterpolator? {
    let side = patchesPerSide
    guard interpolation != .none, grid != PatchCount(rows: side, columns: side) else { return nil }
    return PositionInterpolator(
      leading: classTokens, side: side, to: grid, antialiased: interpolation == .bicubicAntialiased)
  }
}
