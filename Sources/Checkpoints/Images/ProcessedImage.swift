import Tensors

/// What a vision encoder is given for one picture: one tile, or, where the processor cuts pictures up, several.
///
///     let processed = try processor.process(Image(path: "cat.png"))
///     let tile = try processed.only()              // models that take one tile
///     for tile in processed.tiles { … }            // models that take several
public struct ProcessedImage: Sendable {
  /// The picture as given, in pixels. Regions of interest count in these.
  public let originalWidth: Int
  public let originalHeight: Int
  /// First the whole picture; then, where `tiling` is not nil, its cells row by row from the top left. Never empty.
  public let tiles: [ImageTile]
  /// How the cells lie on the picture; nil for a picture of one tile.
  public let tiling: ImageTiling?

  /// - Precondition: one tile, or one more than the cells of `tiling`.
  public init(originalWidth: Int, originalHeight: Int, tiles: [ImageTile], tiling: ImageTiling? = nil) {
    precondition(tiles.count == 1 + (tiling.map { $0.rows * $0.columns } ?? 0))
    self.originalWidth = originalWidth
    self.originalHeight = originalHeight
    self.tiles = tiles
    self.tiling = tiling
  }

  /// The whole picture, small: LLaVA-NeXT's base image, or all there is.
  public var whole: ImageTile { tiles[0] }

  /// The cells that the picture is cut into, row by row; empty for a picture of one tile.
  public var cells: ArraySlice<ImageTile> { tiles.dropFirst() }

  /// The tile of a picture that is one.
  /// - Throws: `ImageProblem.tiled` for a picture that was cut up, in a `CheckpointError`.
  public func only() throws -> ImageTile {
    if let tiling {
      throw CheckpointError("the processed image", .image(.tiled(rows: tiling.rows, columns: tiling.columns)))
    }
    return whole
  }
}

/// One input of a vision encoder: a picture, or a part of one.
public struct ImageTile: Sendable {
  /// f32 `[channel, row, column]`, normalised. Sizes may differ from picture to picture (`ImageProcessor.Size.multiples`).
  public let pixels: Tensor
  /// How the tile's pixels lie on the picture as given.
  public let geometry: ImageGeometry
  /// The patches that the tile is cut into, where the processor's configuration says so (Qwen2-VL); else nil, and the
  /// encoder's configuration knows.
  public let grid: PatchGrid?

  public init(pixels: Tensor, geometry: ImageGeometry, grid: PatchGrid? = nil) {
    self.pixels = pixels
    self.geometry = geometry
    self.grid = grid
  }
}

/// How a picture lies on the canvas that is cut into cells: LLaVA-NeXT's "anyres".
///
/// The canvas is one of the configured resolutions. The picture keeps its proportions on it and is centred; what is left
/// over is black.
public struct ImageTiling: Equatable, Sendable {
  /// Cells per column and per row of the canvas.
  public let rows: Int
  public let columns: Int
  /// The canvas in pixels: `rows × cellHeight`, `columns × cellWidth`.
  public let width: Int
  public let height: Int
  /// The part of the canvas that shows the picture, in its pixels, right and bottom edge excluded.
  public let picture: (x: Range<Int>, y: Range<Int>)

  public init(rows: Int, columns: Int, width: Int, height: Int, picture: (x: Range<Int>, y: Range<Int>)) {
    self.rows = rows
    self.columns = columns
    self.width = width
    self.height = height
    self.picture = picture
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.rows == right.rows && left.columns == right.columns && left.width == right.width
      && left.height == right.height && left.picture == right.picture
  }
}

/// The patches that a tile is cut into by its processor, as Qwen2-VL has it.
///
/// transformers' `image_grid_thw` is `[1, rows, columns]`.
public struct PatchGrid: Equatable, Sendable {
  /// Patches per column and per row of the tile; multiples of `merge`.
  public let rows: Int
  public let columns: Int
  public let layout: PatchLayout

  public init(rows: Int, columns: Int, layout: PatchLayout) {
    self.rows = rows
    self.columns = columns
    self.layout = layout
  }
}

/// How a processor cuts tiles into patches.
public struct PatchLayout: Equatable, Sendable {
  /// Side of a patch in pixels.
  public var side: Int
  /// Patches per side of the square that becomes one token of the decoder.
  public var merge: Int
  /// Pictures that one patch spans in time; a still picture is repeated.
  public var frames: Int

  public init(side: Int = 14, merge: Int = 2, frames: Int = 2) {
    self.side = side
    self.merge = merge
    self.frames = frames
  }
}
