import Tensors

extension ImageTile {
  /// The tile cut into flat patches, in the order in which Qwen2-VL's encoder takes them: square by square of
  /// `merge × merge` patches, the squares row by row, the patches of a square row by row.
  ///
  /// - Returns: f32 `[patch, value]` with the values of a patch as `[channel, frame, row, column]`, the same for every
  ///   frame: transformers' `pixel_values`. Nil where the tile has no `grid`.
  public func patches() -> Tensor? {
    guard let grid else { return nil }
    let (side, merge, frames) = (grid.layout.side, grid.layout.merge, grid.layout.frames)
    let (rows, columns) = (grid.rows, grid.columns)
    let (width, area) = (columns * side, rows * side * columns * side)
    let shape = Shape([Axis("patch", rows * columns), Axis("value", 3 * frames * side * side)])
    return pixels.withFloats { source in
      Tensor(shape) { target in
        var next = 0
        for square in 0..<(rows / merge) * (columns / merge) {
          let top = square / (columns / merge) * merge
          let left = square % (columns / merge) * merge
          for patch in 0..<merge * merge {
            let first = (top + patch / merge) * side * width + (left + patch % merge) * side
            for channel in 0..<3 {
              for _ in 0..<frames {
                for row in 0..<side {
                  let start = channel * area + first + row * width
                  for column in 0..<side { target[next + column] = source[start + column] }
                  next += side
                }
              }
            }
          }
        }
      }
    }
  }
}
