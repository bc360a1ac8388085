/// The order in which a vision tower takes the patches of a tile: window by window, in a window cell by cell, in a cell
/// patch by patch, each row by row. A cell is the patches that become one row of the features.
///
/// Without windows a tile is one window, and cells of one patch, or of patches side by side, leave patches row by row.
struct PatchOrder {
  /// Cells per column and per row of the tile.
  private let rows: Int
  private let columns: Int
  private let joined: PatchJoin
  /// Side of a window in cells.
  private let window: Int

  /// - Parameters:
  ///   - rows: patches per column, a multiple of those of a cell; so are `columns`.
  ///   - window: nil for no windows.
  init(rows: Int, columns: Int, joined: PatchJoin, window: Int?) {
    self.rows = max(rows / joined.rows, 1)
    self.columns = max(columns / joined.columns, 1)
    self.joined = joined
    self.window = max(window ?? max(self.rows, self.columns), 1)
  }

  var cells: Int { rows * columns }

  /// The cell, counted row by row over the tile, that stands at a place.
  func cell(at place: Int) -> Int {
    // All lines of windows but the last are full.
    let line = place / (window * columns)
    let height = min(window, rows - line * window)
    let inLine = place % (window * columns)
    let column = inLine / (height * window)
    let width = min(window, columns - column * window)
    let inside = inLine - column * height * window
    return (line * window + inside / width) * columns + column * window + inside % width
  }

  /// Where a cell stands.
  func place(of cell: Int) -> Int {
    let (row, column) = (cell / columns, cell % columns)
    let (line, across) = (row / window, column / window)
    let (height, width) = (min(window, rows - line * window), min(window, columns - across * window))
    return line * window * columns + across * window * height + row % window * width + column % window
  }

  /// The patch, counted row by row over the tile, that stands in a row of the tower.
  func patch(at place: Int) -> Int {
    let (cell, inside) = (cell(at: place / joined.count), place % joined.count)
    let row = cell / columns * joined.rows + inside / joined.columns
    return row * columns * joined.columns + cell % columns * joined.columns + inside % joined.columns
  }

  /// How many patches each window has, in order.
  var windows: [Int] {
    stride(from: 0, to: rows, by: window).flatMap { row in
      stride(from: 0, to: columns, by: window).map { column in
        min(window, rows - row) * min(window, columns - column) * joined.count
      }
    }
  }
}

extension TokenContext.Tile {
  /// The patch, counted row by row over the tile, that stands in a row of the vision tower; rows are counted from the first
  /// patch on.
  public func patch(inRow row: Int) -> Int {
    guard joined.rows > 1 || window != nil else { return row }
    return PatchOrder(rows: area.rows.count, columns: area.columns.count, joined: joined, window: window)
      .patch(at: row)
  }
}
