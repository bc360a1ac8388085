import Tensors

/// The images of a run's prompts.
extension Run {
  /// All images' projected features, `[token, model]`, tile after tile; nil when there are no images.
  func projectImages() throws -> Buffer? {
    let images = prompts.flatMap(\.images)
    guard !images.isEmpty, let tower = model.visionTower, let projector = model.projector else { return nil }
    let vision = tower.configuration
    let tiles = prompts.map(\.context.tiles)
    let features: Buffer
    if listening?.sites.includes(.vision) == true || tiles.joined().contains(where: { $0.virtual > 0 }) {
      let made = try run(tower, images, rows: tiles.map { own in own.map { $0.tile.towerRows + $0.virtual } })
      features = made.features
      contexts.keep(
        virtualRows: made.virtual, counts: tiles.map { $0.reduce(0) { $0 + $1.virtual } }, width: vision.rowWidth)
    } else {
      let all = Array(tiles.joined())
      let counts = all.map { $0.tile.featureRows * vision.featureWidth }
      features = try model.features.features(of: images, counts: counts) { wanted in
        try run(tower, wanted.map { images[$0] }, rows: [wanted.map { all[$0].tile.towerRows }]).features
      }
    }
    // The projector has buffers of its own.
    let pass = Pass(
      .projector, workspace: Workspace(vision.block, rows: 0, spans: 0), rotaries: [], control: control,
      listening: listening)
    lay(pass, tiles.map { own in own.map(\.tile.featureRows) })
    return try projector.forward(features, pass)
  }

  /// - Parameter rows: of each tile of each sample.
  private func run(
    _ tower: VisionTower, _ images: [Tensor], rows: [[Int]]
  ) throws -> (features: Buffer, virtual: Buffer) {
    let vision = tower.configuration
    let count = rows.joined().reduce(0, +)
    let space = Workspace(vision.block, rows: count, spans: try vision.mostSequences(images))
    let rotaries = vision.rotary.map { [Rotary($0, headSize: vision.block.headSize, rows: count)] } ?? []
    let pass = Pass(.vision, workspace: space, rotaries: rotaries, control: control, listening: listening)
    lay(pass, rows)
    return try tower.forward(images, pass, lastLayer: listening?.sites.lastLayer(.vision))
  }

  private func lay(_ pass: Pass, _ rows: [[Int]]) {
    var samples: [Span] = []
    var segments: [Span] = []
    var row = 0
    for (sample, own) in rows.enumerated() {
      samples.append(Span(sample: sample, rows: row..<row + own.reduce(0, +), position: 0, firstKey: row))
      for count in own {
        segments.append(Span(sample: sample, rows: row..<row + count, position: 0, firstKey: row))
        row += count
      }
    }
    pass.lay(samples: samples, segments: segments)
  }

  /// Puts image features where their prompts' image positions are.
  func place(_ features: Buffer) {
    let width = model.configuration.decoder.block.width
    var first = UnsafePointer(features.pointer)
    for (span, prompt) in zip(pass.samples, prompts) {
      for image in prompt.context.images {
        var to = pass.workspace.hidden.pointer + (span.rows.lowerBound + image.positions.lowerBound) * width
        for row in image.features {
          if row == TokenContext.ImageTokens.endOfLine {
            model.projector?.endOfLine?.row(0, width: width, into: to)
          } else {
            to.update(from: first + row * width, count: width)
          }
          to += width
        }
        first += image.tiles.reduce(0) { $0 + $1.featureRows } * width
      }
    }
  }
}

extension TokenContext {
  /// The tiles of all images, with the rows that interventions added to each.
  var tiles: [(tile: Tile, virtual: Int)] {
    images.flatMap { image in image.tiles.map { (tile: $0, virtual: image.virtualRows) } }
  }
}
