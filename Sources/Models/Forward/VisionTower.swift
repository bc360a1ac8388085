import Kernels
import Tensors

/// Images to patch features: patches, and what leads them, with positions through a stack of blocks.
struct VisionTower: Sendable {
  let configuration: VisionConfiguration
  /// A convolution whose steps do not overlap is a linear map of each patch's pixels.
  let patches: Linear
  /// Nil where the tower has no class token.
  let classEmbedding: Weight?
  let registers: Weight?
  /// `[position, model]`, the class token's first; nil where there are none.
  let positions: Weight?
  /// Nil where no norm follows the embeddings.
  let norm: Norm?
  let blocks: [Block]
  /// The norm of what is handed on; nil where states are handed on as they are.
  let featureNorm: Norm?

  /// - Parameters:
  ///   - images: f32 `[channel, row, column]` each, of sizes that `VisionConfiguration.grid` takes.
  ///   - pass: laid out with one segment for each image: its own rows, and what virtual rows it has, which stand between
  ///     what leads and the patches and start as zeros.
  /// - Returns: `[token, model]`, the images' feature rows one after the other, and the virtual ones likewise.
  func forward(_ images: [Tensor], _ pass: Pass, lastLayer: Int?) throws -> (features: Buffer, virtual: Buffer) {
    let grids = try images.map { try configuration.grid(of: $0.shape.sizes) }
    arrange(grids, pass)
    try embed(images, grids, pass)
    try pass.visit(.embeddings, rows: pass.workspace.hidden.pointer, width: configuration.block.width)
    let own = grids.reduce(0) { $0 + configuration.towerRows($1) }
    let (rows, added) = (own - grids.count * configuration.droppedRows, pass.rows - own)
    let (features, virtual) = (Buffer(rows * configuration.rowWidth), Buffer(added * configuration.rowWidth))
    collect(0, grids, pass, into: features, virtual)
    // What comes after the last layer that is used runs for listeners only.
    for layer in 0..<max(configuration.usedLayers, lastLayer.map { $0 + 1 } ?? 0) {
      try blocks[layer].forward(pass, layer: layer)
      collect(layer + 1, grids, pass, into: features, virtual)
    }
    featureNorm?.apply(features.pointer, features.pointer, rows: rows)
    featureNorm?.apply(virtual.pointer, virtual.pointer, rows: added)
    return (features, virtual)
  }

  /// Where rows stand for rotary embedding, and which windows they are in.
  private func arrange(_ grids: [PatchCount], _ pass: Pass) {
    for (segment, grid) in zip(pass.segments, grids) {
      let virtual = segment.rows.count - configuration.towerRows(grid)
      for (index, position) in configuration.positions(grid, virtual: virtual).enumerated() {
        for rotary in pass.rotaries { rotary.place(segment.rows.lowerBound + index, at: position) }
      }
    }
    guard configuration.window != nil else { return }
    pass.cut(
      zip(pass.segments, grids).map { segment, grid in
        configuration.windows(grid, virtual: segment.rows.count - configuration.towerRows(grid))
      })
  }

  private func embed(_ images: [Tensor], _ grids: [PatchCount], _ pass: Pass) throws {
    let (width, leading) = (configuration.block.width, configuration.leadingRows)
    let hidden = pass.workspace.hidden.pointer
    let pixels = Buffer((grids.map(\.count).max() ?? 0) * patches.input)
    var tables: [PatchCount: Tensor] = [:]
    for ((segment, image), grid) in zip(zip(pass.segments, images), grids) {
      let start = hidden + segment.rows.lowerBound * width
      let first = start + (segment.rows.count - grid.count) * width
      for row in 0..<configuration.classTokens { classEmbedding?.row(row, width: width, into: start + row * width) }
      for row in 0..<configuration.registers {
        registers?.row(row, width: width, into: start + (configuration.classTokens + row) * width)
      }
      unfold(image, grid, into: pixels.pointer)
      patches.apply(first, pixels.pointer, rows: grid.count)
      guard let positions else { continue }
      let places = try tables[grid] ?? self.places(positions, grid)
      tables[grid] = places
      places.withFloats { places in
        guard let places = places.baseAddress else { return }
        let classes = configuration.classTokens * width
        sk_binary(SK_ADD, start, start, 1, places, 1, Int64(classes))
        sk_binary(SK_ADD, first, first, 1, places + classes, 1, Int64(grid.count * width))
      }
    }
    norm?.apply(hidden, hidden, rows: pass.rows)
    for (segment, grid) in zip(pass.segments, grids) {
      let virtual = segment.rows.count - configuration.towerRows(grid)
      (hidden + (segment.rows.lowerBound + leading) * width).update(repeating: 0, count: virtual * width)
    }
  }

  /// The positions of the class token and of a picture's patches as f32, `[position, model]`.
  private func places(_ positions: Weight, _ grid: PatchCount) throws -> Tensor {
    let table = positions.tensor.to(.f32)
    return try configuration.interpolator(to: grid)?.apply(table) ?? table
  }

  /// The pixels of each patch as one row: `[patch, channel · frame · row · column]`, in the order of a convolution's
  /// weights, the patches in the tower's.
  func unfold(_ image: Tensor, _ grid: PatchCount, into out: UnsafeMutablePointer<Float>) {
    let patch = configuration.patchSize
    let (height, width) = (image.shape.sizes[1], image.shape.sizes[2])
    let order = configuration.order(grid)
    image.withFloats { pixels in
      guard let pixels = pixels.baseAddress else { return }
      var to = out
      for place in 0..<grid.count {
        let index = order?.patch(at: place) ?? place
        let corner = index / grid.columns * patch * width + index % grid.columns * patch
        for channel in 0..<configuration.channels {
          for _ in 0..<configuration.frames {
            for row in 0..<patch {
              to.update(from: pixels + channel * height * width + corner + row * width, count: patch)
              to += patch
            }
          }
        }
      }
    }
  }

  /// Copies hidden state `state` to its columns of the features and of the virtual rows, if it is one of them.
  private func collect(
    _ state: Int, _ grids: [PatchCount], _ pass: Pass, into features: Buffer, _ virtual: Buffer
  ) {
    let (width, leading) = (configuration.block.width, configuration.leadingRows)
    for (column, chosen) in configuration.featureStates.enumerated() where chosen == state {
      var (feature, added) = (features.pointer + column * width, virtual.pointer + column * width)
      for (image, grid) in zip(pass.segments, grids) {
        let hidden = pass.workspace.hidden.pointer + image.rows.lowerBound * width
        let count = image.rows.count - configuration.towerRows(grid)
        for row in configuration.keptRows(grid, virtual: count) {
          feature.update(from: hidden + row * width, count: width)
          feature += configuration.rowWidth
        }
        for place in 0..<count {
          added.update(from: hidden + (leading + place) * width, count: width)
          added += configuration.rowWidth
        }
      }
    }
  }
}

/// How many patches a picture is cut into.
struct PatchCount: Hashable {
  /// Per column and per row.
  let rows: Int
  let columns: Int

  var count: Int { rows * columns }
}

extension VisionConfiguration {
  /// Rows of a picture in the tower, without those that interventions add.
  func towerRows(_ grid: PatchCount) -> Int { leadingRows + grid.count }

  /// The order of a picture's patches; nil for row by row, which is that of learned positions.
  func order(_ grid: PatchCount) -> PatchOrder? {
    guard joined.rows > 1 || window != nil else { return nil }
    return PatchOrder(rows: grid.rows, columns: grid.columns, joined: joined, window: window)
  }

  /// The rows of a picture that make its features, in their order, counted from its first row in the tower.
  ///
  /// - Parameter virtual: rows that interventions added, behind what leads.
  func keptRows(_ grid: PatchCount, virtual: Int) -> [Int] {
    let first = leadingRows + virtual
    let order = order(grid)
    let patches =
      order.map { order in
        (0..<order.cells).flatMap { cell in
          let start = first + order.place(of: cell) * joined.count
          return start..<start + joined.count
        }
      } ?? Array(first..<first + grid.count)
    return Array((Array(0..<leadingRows) + patches).dropFirst(droppedRows))
  }

  /// What each row of a picture turns by. What is no patch stands at the origin, which turns nothing.
  func positions(_ grid: PatchCount, virtual: Int) -> [RotaryPosition] {
    guard rotary != nil else { return [] }
    let order = order(grid)
    let patches = (0..<grid.count).map { place in
      let patch = order?.patch(at: place) ?? place
      return RotaryPosition(time: 0, row: patch / grid.columns, column: patch % grid.columns)
    }
    return Array(repeating: RotaryPosition(0), count: leadingRows + virtual) + patches
  }

  /// How many rows of a picture each window has. What is no patch is a window of its own.
  func windows(_ grid: PatchCount, virtual: Int) -> [Int] {
    let others = leadingRows + virtual
    return (others > 0 ? [others] : []) + (order(grid)?.windows ?? [grid.count])
  }

  /// The most sequences that some layer's attention looks within.
  func mostSequences(_ images: [Tensor]) throws -> Int {
    guard window != nil else { return images.count }
    return try images.reduce(0) { $0 + windows(try grid(of: $1.shape.sizes), virtual: 1).count }
  }
}
