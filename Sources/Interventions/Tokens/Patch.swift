import Models

/// A patch of an image, or several that stand as one from the projector on.
struct Patch {
  let image: Int
  /// Which of the image's pictures: 0 is the whole image at the tower's own size.
  let view: Int
  /// Its place in that picture, and how many rows and columns count there. A place in padding is none of them.
  let row: Int
  let column: Int
  let rows: Int
  let columns: Int
  /// The part of the image as given that it covers.
  let box: PixelBox

  /// - Parameters:
  ///   - index: among the tile's patches, row by row.
  ///   - isJoined: whether patches are joined where it stands.
  init(_ image: Int, _ tile: TokenContext.Tile, _ index: Int, isJoined: Bool) {
    let join = isJoined ? tile.joined : .none
    let across = max(tile.area.columns.count / join.columns, 1)
    let (down, right) = (index / across * join.rows, index % across * join.columns)
    self.image = image
    view = tile.view
    row = (tile.area.rows.lowerBound + down - tile.shown.rows.lowerBound) / join.rows
    column = (tile.area.columns.lowerBound + right - tile.shown.columns.lowerBound) / join.columns
    rows = tile.shown.rows.count / join.rows
    columns = tile.shown.columns.count / join.columns
    let side = Double(tile.patchSize)
    box = PixelBox(
      x0: Double(right) * side * tile.scale.x + tile.offset.x,
      y0: Double(down) * side * tile.scale.y + tile.offset.y,
      x1: Double(right + join.columns) * side * tile.scale.x + tile.offset.x,
      y1: Double(down + join.rows) * side * tile.scale.y + tile.offset.y)
  }

  /// The part of it that a box covers, from 0 to 1.
  func overlap(with other: PixelBox) -> Double {
    let area = (box.x1 - box.x0) * (box.y1 - box.y0)
    guard area > 0 else { return 0 }
    let width = max(0, min(box.x1, other.x1) - max(box.x0, other.x0))
    return width * max(0, min(box.y1, other.y1) - max(box.y0, other.y0)) / area
  }
}
