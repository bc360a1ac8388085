extension TokenContext {
  /// Where one image's patches stand in the vision tower and in the decoder's sequence, and which pixels each covers.
  ///
  /// An image is one tile, or several: the whole picture first, small, and then the cells that a larger picture of it is
  /// cut into. The vision tower sees each tile by itself. Of a tile's rows there, class token, registers and then patches
  /// row by row or in the order that `Tile.patch(inRow:)` says, all but the first few (`dropped`) go on to the projector, and what the projector makes of them stands at
  /// the image's positions in the order that `features` says.
  public struct ImageTokens: Sendable {
    /// Positions in the decoder's sequence, ends of lines and class tokens that are handed on among them.
    public var positions: Range<Int>
    public let tiles: [Tile]
    /// Which of the image's rows behind the projector stands at each of `positions`; `endOfLine` for none of them.
    public let features: [Int]
    /// Rows that interventions added to each tile in the vision tower, between what leads and the patches; counted from
    /// the tile's first row. They go no further than the tower.
    public var virtual: [VirtualTokens]

    /// What stands in `features` for the learned vector that ends a line of patches.
    public static let endOfLine = -1

    /// - Parameter features: as many as there are positions; by default all rows in their order.
    public init(
      positions: Range<Int>, tiles: [Tile], features: [Int]? = nil, virtual: [VirtualTokens] = []
    ) {
      self.positions = positions
      self.tiles = tiles
      self.features = features ?? Array(0..<tiles.reduce(0) { $0 + $1.featureRows })
      self.virtual = virtual
    }

    /// An image of one tile whose patches alone reach the decoder.
    public init(
      positions: Range<Int>, columns: Int, rows: Int, patchSize: Int, scale: (x: Double, y: Double) = (1, 1),
      offset: (x: Double, y: Double) = (0, 0), classTokens: Int, virtual: [VirtualTokens] = []
    ) {
      let tile = Tile(
        area: PatchArea(rows: 0..<rows, columns: 0..<columns), patchSize: patchSize, scale: scale, offset: offset,
        classTokens: classTokens, dropped: classTokens)
      self.init(positions: positions, tiles: [tile], virtual: virtual)
    }

    /// How many rows were added to each tile in the vision tower.
    public var virtualRows: Int { virtual.reduce(0) { $0 + $1.positions.count } }
  }

  /// A rectangle of patches, counted in the picture that they make up together.
  public struct PatchArea: Sendable, Hashable {
    public let rows: Range<Int>
    public let columns: Range<Int>

    public init(rows: Range<Int>, columns: Range<Int>) {
      self.rows = rows
      self.columns = columns
    }

    public var count: Int { rows.count * columns.count }

    func contains(row: Int, column: Int) -> Bool { rows.contains(row) && columns.contains(column) }
  }

  /// One input of the vision tower: a picture or a part of one, cut into patches.
  public struct Tile: Sendable {
    /// Which of the image's pictures it belongs to: 0 is the whole image at the tower's own size, 1 the larger one whose
    /// cells are the tiles after the first.
    public let view: Int
    /// Where its patches lie among all of that picture's.
    public let area: PatchArea
    /// The patches of that picture that count; what lies outside is padding, which the decoder does not get.
    public let shown: PatchArea
    /// Side of a patch in pixels of the tile.
    public let patchSize: Int
    /// From the tile's pixels to pixels of the image as given: `original = tile * scale + offset`.
    public let scale: (x: Double, y: Double)
    public let offset: (x: Double, y: Double)
    /// Rows of the tower that precede the patches: class tokens, then registers.
    public let classTokens: Int
    public let registers: Int
    /// How many of the tile's first rows in the tower do not go on to the projector.
    public let dropped: Int
    /// How many patches, down and across, are one row from the projector on.
    public let joined: PatchJoin
    /// Side of the windows that the tower cuts the tile into, in rows of the features; nil for none. They say the order of
    /// the patches there: `patch(inRow:)`.
    public let window: Int?

    /// - Parameter shown: by default all of the tile.
    public init(
      view: Int = 0, area: PatchArea, shown: PatchArea? = nil, patchSize: Int,
      scale: (x: Double, y: Double) = (1, 1), offset: (x: Double, y: Double) = (0, 0), classTokens: Int,
      registers: Int = 0, dropped: Int, joined: PatchJoin = .none, window: Int? = nil
    ) {
      self.view = view
      self.area = area
      self.shown = shown ?? area
      self.patchSize = patchSize
      self.scale = scale
      self.offset = offset
      self.classTokens = classTokens
      self.registers = registers
      self.dropped = dropped
      self.joined = joined
      self.window = window
    }

    /// Class tokens and registers.
    public var leading: Int { classTokens + registers }
    /// Its own rows in the tower, without those that interventions add.
    public var towerRows: Int { leading + area.count }
    /// Its rows at the projector.
    public var featureRows: Int { (towerRows - dropped) / joined.count }
  }
}

/// How many neighbouring patches become one row of what the projector reads.
public struct PatchJoin: Sendable, Hashable {
  public let rows: Int
  public let columns: Int

  public static let none = PatchJoin(rows: 1, columns: 1)

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  public var count: Int { rows * columns }
}
