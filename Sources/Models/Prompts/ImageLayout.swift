import Checkpoints
import Tensors

/// How an image stands in a model's vision tower and in its decoder's sequence, known from its sizes alone.
struct ImageLayout {
  let tiles: [TokenContext.Tile]
  /// As `TokenContext.ImageTokens.features`.
  let features: [Int]

  /// - Throws: `ModelError.imageSize` for a tile that the tower does not take, `.tiledImage` where it takes one only.
  init(_ image: PreparedImage, _ configuration: ModelConfiguration) throws {
    guard let vision = configuration.vision, let projector = configuration.projector else { throw ModelError.noVision }
    let grids = try image.tiles.map { try vision.grid(of: $0.pixels.shape.sizes) }
    guard let cells = image.cells else {
      tiles = [vision.tile(image.geometry, grids[0])]
      let rows = Array(0..<tiles[0].featureRows)
      features = projector.endsLines ? rows + [TokenContext.ImageTokens.endOfLine] : rows
      return
    }
    guard projector.endsLines else { throw ModelError.tiledImage(cells: cells.rows * cells.columns) }
    let cell = grids[1]
    let (rows, columns) = (cells.rows * cell.rows, cells.columns * cell.columns)
    let shown = Self.shown(rows: rows, columns: columns, of: image.geometry)
    tiles =
      [vision.tile(image.geometry, grids[0])]
      + (1..<image.tiles.count).map { index in
        let (down, across) = ((index - 1) / cells.columns * cell.rows, (index - 1) % cells.columns * cell.columns)
        let area = TokenContext.PatchArea(rows: down..<down + cell.rows, columns: across..<across + cell.columns)
        return vision.tile(image.tiles[index].geometry, grids[index], view: 1, area: area, shown: shown)
      }
    var order = Array(0..<tiles[0].featureRows)
    for row in shown.rows {
      for column in shown.columns {
        let tile = row / cell.rows * cells.columns + column / cell.columns
        let inside = row % cell.rows * cell.columns + column % cell.columns
        order.append(tiles[0].featureRows + tile * cell.rows * cell.columns + inside)
      }
      order.append(TokenContext.ImageTokens.endOfLine)
    }
    features = order
  }

  /// The patches of a canvas that a picture lies on, centred and as large as fits; rounded as transformers does in
  /// `unpad_image`.
  private static func shown(rows: Int, columns: Int, of geometry: ImageGeometry) -> TokenContext.PatchArea {
    let (width, height) = (Double(geometry.originalWidth), Double(geometry.originalHeight))
    func fitting(_ length: Double) -> Int { Int((length * 1e7).rounded(.toNearestOrEven) / 1e7) }
    if width / height > Double(columns) / Double(rows) {
      let padding = max(rows - fitting(height * (Double(columns) / width)), 0) / 2
      return TokenContext.PatchArea(rows: padding..<rows - padding, columns: 0..<columns)
    }
    let padding = max(columns - fitting(width * (Double(rows) / height)), 0) / 2
    return TokenContext.PatchArea(rows: 0..<rows, columns: padding..<columns - padding)
  }

  /// The image as it stands from a position on.
  func tokens(at start: Int) -> TokenContext.ImageTokens {
    TokenContext.ImageTokens(positions: start..<start + features.count, tiles: tiles, features: features)
  }
}

extension ModelConfiguration {
  /// How an image of the size that the vision tower was made for stands at the beginning of a sequence; nil without a
  /// tower, and for one that takes any size.
  public var squareImage: TokenContext.ImageTokens? {
    guard let vision, vision.learnedPositions else { return nil }
    let grid = PatchCount(rows: vision.patchesPerSide, columns: vision.patchesPerSide)
    let side = vision.imageSize
    let tile = vision.tile(
      ImageGeometry(originalWidth: side, originalHeight: side, width: side, height: side), grid)
    let rows = Array(0..<tile.featureRows)
    let features = projector?.endsLines == true ? rows + [TokenContext.ImageTokens.endOfLine] : rows
    return TokenContext.ImageTokens(positions: 0..<features.count, tiles: [tile], features: features)
  }
}

extension VisionConfiguration {
  /// The patches per column and per row of a picture.
  ///
  /// - Parameter sizes: channels, rows and columns.
  /// - Throws: `ModelError.imageSize` or `.imageCells` for one that the tower was not made for.
  func grid(of sizes: [Int]) throws -> PatchCount {
    guard learnedPositions else { return try grid(ofAny: sizes) }
    let expected = [channels, imageSize, imageSize]
    guard sizes.count == 3, sizes[0] == channels, interpolation != .none || sizes == expected,
      sizes[1] >= patchSize * joined.rows, sizes[2] >= patchSize * joined.columns
    else { throw ModelError.imageSize(found: sizes, expected: expected) }
    return PatchCount(rows: sizes[1] / patchSize, columns: sizes[2] / patchSize)
  }

  /// The same where pictures may have any size that is a number of cells.
  private func grid(ofAny sizes: [Int]) throws -> PatchCount {
    let (down, across) = (patchSize * joined.rows, patchSize * joined.columns)
    guard sizes.count == 3, sizes[0] == channels, sizes[1] > 0, sizes[2] > 0, sizes[1].isMultiple(of: down),
      sizes[2].isMultiple(of: across)
    else { throw ModelError.imageCells(found: sizes, channels: channels, cell: [down, across]) }
    return PatchCount(rows: sizes[1] / patchSize, columns: sizes[2] / patchSize)
  }

  fileprivate func tile(
    _ geometry: ImageGeometry, _ grid: PatchCount, view: Int = 0, area: TokenContext.PatchArea? = nil,
    shown: TokenContext.PatchArea? = nil
  ) -> TokenContext.Tile {
    TokenContext.Tile(
      view: view,
      area: area ?? TokenContext.PatchArea(rows: 0..<grid.rows, columns: 0..<grid.columns), shown: shown,
      patchSize: patchSize, scale: (geometry.xScale, geometry.yScale),
      offset: (geometry.xOffset, geometry.yOffset), classTokens: classTokens, registers: registers,
      dropped: droppedRows, joined: joined, window: window)
  }
}
