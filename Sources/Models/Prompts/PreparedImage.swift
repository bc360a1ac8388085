import Checkpoints
import Tensors

/// An image as the vision tower takes it: one tile, or the whole picture and then the cells that it is cut into.
public struct PreparedImage: Sendable {
  public struct Tile: Sendable {
    /// f32 `[channel, row, column]`, normalised.
    public let pixels: Tensor
    /// How its pixels lie on the image as given.
    public let geometry: ImageGeometry

    public init(pixels: Tensor, geometry: ImageGeometry) {
      self.pixels = pixels
      self.geometry = geometry
    }
  }

  /// The whole picture, then, where there are `cells`, those row by row. Never empty.
  public let tiles: [Tile]
  /// Cells per column and per row; nil for an image of one tile.
  public let cells: (rows: Int, columns: Int)?

  /// - Precondition: one tile, or one more than there are cells.
  public init(tiles: [Tile], cells: (rows: Int, columns: Int)? = nil) {
    precondition(tiles.count == 1 + (cells.map { $0.rows * $0.columns } ?? 0))
    self.tiles = tiles
    self.cells = cells
  }

  /// What a processor made of an image.
  public init(_ image: ProcessedImage) {
    self.init(
      tiles: image.tiles.map { Tile(pixels: $0.pixels, geometry: $0.geometry) },
      cells: image.tiling.map { ($0.rows, $0.columns) })
  }

  /// An image of one tile.
  public init(pixels: Tensor, geometry: ImageGeometry) {
    self.init(tiles: [Tile(pixels: pixels, geometry: geometry)])
  }

  /// How the whole picture lies on the image as given.
  public var geometry: ImageGeometry { tiles[0].geometry }
}
