import Autodiff
import Tensors

extension VisionTower {
  /// The feature rows of all prompts' images, `[token, model]`, one tile after the other; and of each prompt the rows that
  /// interventions added to its images, `[token, input]`, nil where there are none.
  func features(
    of prompts: [Prompt], _ configuration: ModelConfiguration, _ options: DifferentiableRun.Options
  ) throws -> (features: Variable, virtual: [Variable?]) {
    let images = prompts.flatMap(\.images)
    let own = self.configuration
    let tiles = prompts.map(\.context.tiles)
    let segments = tiles.joined().map { (own: $0.tile.towerRows, virtual: $0.virtual) }
    let grids = try images.map { try own.grid(of: $0.shape.sizes) }
    let pass = try DifferentiablePass(
      .vision, configuration, options, contexts: prompts.map(\.context),
      lengths: tiles.map { $0.reduce(0) { $0 + $1.tile.towerRows + $1.virtual } },
      segments: segments.map { $0.own + $0.virtual },
      pictures: zip(grids, segments).map { ($0, $1.virtual) })
    var hidden = try pass.visit(.embeddings, layer: nil, spread(embedded(images, pass), segments))
    var states = [hidden]
    for layer in 0..<own.usedLayers {
      hidden = try pass.run(blocks[layer], hidden, layer: layer)
      states.append(hidden)
    }
    func features(_ rows: [Int]) throws -> Variable {
      let chosen = try own.featureStates.map { try states[$0].rows(rows) }
      let joined = try chosen.count == 1 ? chosen[0] : Variable.concat(chosen, along: "model")
      guard let featureNorm else { return joined }
      return try pass.normed(joined, featureNorm, layer: nil, weight: .featuresNormWeight, bias: .featuresNormBias)
    }
    var start = 0
    let added = try tiles.map { tiles -> Variable? in
      let rows = tiles.flatMap { tile, virtual in
        defer { start += tile.towerRows + virtual }
        return (0..<virtual).map { start + own.leadingRows + $0 }
      }
      return rows.isEmpty ? nil : try features(rows).rename("model", to: "input")
    }
    start = 0
    let kept = zip(segments, grids).flatMap { segment, grid in
      defer { start += segment.own + segment.virtual }
      return own.keptRows(grid, virtual: segment.virtual).map { start + $0 }
    }
    let rows = try features(kept)
    guard own.joined != .none else { return (rows, added) }
    let shape = [Axis("token", kept.count / own.joined.count), Axis("model", own.featureWidth)]
    return (try rows.reshape(shape), added)
  }

  /// Each image's rows with its virtual ones, zeros, behind what leads the patches.
  private func spread(_ rows: Variable, _ segments: [(own: Int, virtual: Int)]) throws -> Variable {
    guard segments.contains(where: { $0.virtual > 0 }) else { return rows }
    let zero = segments.reduce(0) { $0 + $1.own }
    var first = 0
    let sources = segments.flatMap { own, virtual in
      defer { first += own }
      let patches = first + configuration.leadingRows
      return Array(first..<patches) + Array(repeating: zero, count: virtual) + Array(patches..<first + own)
    }
    let zeros = Variable(try Tensor.zeros([Axis("token", 1), Axis("model", configuration.block.width)]))
    return try Variable.concat([rows, zeros], along: "token").rows(sources)
  }

  /// What leads the patches, and the patches, with their positions and after the first norm: `[token, model]`.
  private func embedded(_ images: [Tensor], _ pass: DifferentiablePass) throws -> Variable {
    let own = configuration
    let grids = try images.map { try own.grid(of: $0.shape.sizes) }
    let patches = try patchRows(images, grids, pass)
    guard let positions else { return try led(patches, grids, leaders: [], pass) }
    let table = try pass.weight(.positionsWeight, layer: nil, positions).floats.named(["position", "model"])
    var tables: [PatchCount: Variable] = [:]
    for grid in grids where tables[grid] == nil {
      tables[grid] = try own.interpolator(to: grid)?.apply(table) ?? table
    }
    // All patches with their places, then what leads each image, once.
    let places = try Variable.concat(
      grids.map { grid in
        let places = tables[grid] ?? table
        return try places.select("position", .range(own.classTokens..<own.classTokens + grid.count))
      }, along: "position")
    var leaders: [Variable] = []
    if let classEmbedding, own.classTokens > 0 {
      let classes = try pass.weight(.classWeight, layer: nil, classEmbedding).floats
        .reshape([Axis("token", own.classTokens), Axis("model", own.block.width)])
      let first = try table.select("position", .range(0..<own.classTokens)).rename("position", to: "token")
      leaders.append(try classes + first)
    }
    if let registers {
      leaders.append(try pass.weight(.registersWeight, layer: nil, registers).floats.named(["token", "model"]))
    }
    return try led(try patches + places.rename("position", to: "token"), grids, leaders: leaders, pass)
  }

  /// Every image's patches behind what leads them, after the first norm: `[token, model]`.
  private func led(
    _ patches: Variable, _ grids: [PatchCount], leaders: [Variable], _ pass: DifferentiablePass
  ) throws -> Variable {
    let own = configuration
    let leading = grids.reduce(0) { $0 + $1.count }
    var first = 0
    let sources = grids.flatMap { grid in
      defer { first += grid.count }
      return Array(leading..<leading + own.leadingRows) + Array(first..<first + grid.count)
    }
    let hidden = try leaders.isEmpty ? patches : Variable.concat([patches] + leaders, along: "token").rows(sources)
    guard let norm else { return hidden }
    return try pass.normed(hidden, norm, layer: nil, weight: .normWeight, bias: .normBias)
  }

  /// What the convolution makes of all images' patches: `[token, model]`.
  private func patchRows(_ images: [Tensor], _ grids: [PatchCount], _ pass: DifferentiablePass) throws -> Variable {
    let pixels =
      try pass.pixels.map { try Variable.concat(zip($0, grids).map(unfolded), along: "token") }
      ?? unfolded(images, grids)
    let convolution = pass.weight(.patchesWeight, layer: nil, patches.weight)
    let kernel = try convolution.reshape([Axis("output", patches.output), Axis("input", patches.input)])
    let bias = patches.bias.map { pass.weight(.patchesBias, layer: nil, $0) }
    return try pixels.linear(weight: kernel, bias: bias, into: "model")
  }
}

extension VisionTower {
  /// Each image's patches as rows `[token, pixel]`.
  private func unfolded(_ images: [Tensor], _ grids: [PatchCount]) -> Variable {
    let rows = grids.reduce(0) { $0 + $1.count }
    return Variable(
      Tensor(Shape([Axis("token", rows), Axis("pixel", patches.input)])) { out in
        guard var base = out.baseAddress else { return }
        for (image, grid) in zip(images, grids) {
          unfold(image, grid, into: base)
          base += grid.count * patches.input
        }
      })
  }

  /// The same of one image that gets a gradient, `[channel, row, column]`.
  private func unfolded(_ image: Variable, _ grid: PatchCount) throws -> Variable {
    let patch = configuration.patchSize
    // A picture may have a few pixels more than its patches.
    let named = try image.named(["channel", "row", "column"])
      .select("row", .range(0..<grid.rows * patch)).select("column", .range(0..<grid.columns * patch))
      .split("row", into: [Axis("down", grid.rows), Axis("y", patch)])
      .split("column", into: [Axis("across", grid.columns), Axis("x", patch)])
    let order = configuration.order(grid)
    guard configuration.frames > 1 || order != nil else {
      return try named.reorder(["down", "across", "channel", "y", "x"]).merge(["channel", "y", "x"], into: "pixel")
        .merge(["down", "across"], into: "token")
    }
    let channels = configuration.channels
    let still = try named.split("channel", into: [Axis("channel", channels), Axis("frame", 1)])
    let repeated = try Variable.concat(Array(repeating: still, count: configuration.frames), along: "frame")
    let rows = try repeated.reorder(["down", "across", "channel", "frame", "y", "x"])
      .merge(["channel", "frame", "y", "x"], into: "pixel").merge(["down", "across"], into: "token")
    return try order.map { order in try rows.rows((0..<grid.count).map(order.patch)) } ?? rows
  }
}

extension Projector {
  /// - Parameter features: `[token, model]`, as the pass is laid out.
  /// - Returns: `[token, model]` in the decoder's width.
  func forward(_ features: Variable, _ pass: DifferentiablePass) throws -> Variable {
    var rows = try pass.visit(.features, layer: nil, features)
    for (map, points) in zip(maps, configuration.maps) {
      rows = try pass.mapped(
        rows, map, layer: nil, weight: points.weight, bias: points.bias, into: points.site == nil ? "model" : "hidden")
      guard let site = points.site else { continue }
      rows = try rows.activated(configuration.activation.differentiable)
      rows = try pass.visit(site, layer: nil, rows)
    }
    return try pass.visit(.output, layer: nil, rows)
  }
}
