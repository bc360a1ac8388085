import Tensors

extension Model {
  /// The logits of every position of a prompt: `[token, vocab]`.
  ///
  /// - Parameter prefix: what an unsteered run has computed already; all positions are computed from its stage on.
  public func logits(
    _ prompt: Prompt, listener: (any SiteListener)? = nil, prefix: PrefixUse? = nil, control: RunControl = RunControl()
  ) throws -> Tensor {
    let whole = prefix.map { PrefixUse($0.store, stage: $0.stage, positions: [0]) }
    let run = try run([prompt], extra: 0, listener: listener, prefix: whole, control: control)
    try run.prefill(logits: .all)
    return run.allLogits(0)
  }

  /// Runs prompts through the model for what a listener sees; nothing is generated.
  ///
  /// The samples are packed into one batch, which changes no bit of any of them.
  ///
  /// - Parameter prefix: what the listener neither looks at nor changes, taken from unsteered runs.
  public func forward(
    _ prompts: [Prompt], listener: any SiteListener, prefix: PrefixUse? = nil, control: RunControl = RunControl()
  ) throws {
    guard !prompts.isEmpty else { return }
    try run(prompts, extra: 0, listener: listener, prefix: prefix, control: control).prefill(logits: .none)
  }

  /// - Throws: an error for a prompt that this model cannot take.
  func run(
    _ prompts: [Prompt], extra: Int, listener: (any SiteListener)?, prefix: PrefixUse?, control: RunControl
  ) throws -> Run {
    for prompt in prompts { try check(prompt) }
    let resumption = try prefix.flatMap { use in
      try Resumption(use, prompts, self, control: control)
    }
    return try Run(self, prompts, extra: extra, listener: listener, control: control, resumption: resumption)
  }

  /// Prompts are values that another model may have made.
  public func check(_ prompt: Prompt) throws {
    let decoder = configuration.decoder
    guard !prompt.ids.isEmpty else { throw ModelError.emptyPrompt }
    guard prompt.ids.count <= decoder.maximumPositions else {
      throw ModelError.promptTooLong(tokens: prompt.ids.count, maximum: decoder.maximumPositions)
    }
    let strange = prompt.ids.indices.first {
      !(0..<decoder.vocabulary).contains(prompt.ids[$0]) && !prompt.isVirtual($0)
        && !(prompt.ids[$0] == configuration.imageToken && prompt.isImage($0))
    }
    if let id = strange.map({ prompt.ids[$0] }) {
      throw ModelError.tokenOutOfRange(id: id, vocabulary: decoder.vocabulary)
    }
    guard !prompt.images.isEmpty else { return }
    guard let vision = configuration.vision else { throw ModelError.noVision }
    let tiles = prompt.context.images.flatMap(\.tiles)
    for (index, image) in prompt.images.enumerated() {
      let grid = try vision.grid(of: image.shape.sizes)
      guard image.dtype == .f32, !tiles.indices.contains(index) || vision.makes(tiles[index], grid) else {
        throw ModelError.imageSize(
          found: image.shape.sizes, expected: [vision.channels, vision.imageSize, vision.imageSize])
      }
    }
    let images = prompt.context.images
    let endsLines = configuration.projector?.endsLines ?? false
    guard tiles.count == prompt.images.count, images.allSatisfy({ prompt.hasPlace(for: $0, endsLines: endsLines) })
    else {
      let whole = configuration.squareImage?.features.count ?? 0
      throw ModelError.imageTokens(
        found: images.reduce(0) { $0 + $1.positions.count },
        expected: images.isEmpty ? prompt.images.count * whole : images.reduce(0) { $0 + $1.features.count },
        images: max(images.count, prompt.images.count))
    }
  }
}

extension Prompt {
  fileprivate func isImage(_ position: Int) -> Bool {
    context.tokens.indices.contains(position) && context.tokens[position].role == .image
  }

  /// Whether an image's positions are those of its rows, and its rows those that its tiles have.
  fileprivate func hasPlace(for image: TokenContext.ImageTokens, endsLines: Bool) -> Bool {
    let rows = image.tiles.reduce(0) { $0 + $1.featureRows }
    return image.positions.lowerBound >= 0 && image.positions.upperBound <= ids.count
      && image.positions.count == image.features.count
      && image.features.allSatisfy { endsLines && $0 == TokenContext.ImageTokens.endOfLine || (0..<rows).contains($0) }
  }
}

extension VisionConfiguration {
  /// Whether a picture of so many patches has the rows that a tile says.
  fileprivate func makes(_ tile: TokenContext.Tile, _ grid: PatchCount) -> Bool {
    tile.area.rows.count == grid.rows && tile.area.columns.count == grid.columns && tile.classTokens == classTokens
      && tile.registers == registers && tile.dropped == droppedRows && tile.joined == joined
      && tile.window == window
  }
}
