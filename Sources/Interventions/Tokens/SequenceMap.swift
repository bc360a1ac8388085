import Models

/// Where the parts of a sample's sequence stand at one stack: decoder positions, or rows of the vision tower or the
/// projector, where the tiles of all images follow one another.
struct SequenceMap {
  let context: TokenContext
  let stack: Site.Stack
  /// Rows that exist: prompt and generated tokens, or all rows of all images.
  private(set) var length: Int
  /// The first row of each image, and the row after its last.
  private let extents: [Range<Int>]

  /// - Parameter length: decoder positions so far; by default the tokens that the context knows.
  init(_ context: TokenContext, _ stack: Site.Stack, length: Int? = nil) {
    self.context = context
    self.stack = stack
    guard stack != .decoder else {
      self.length = length ?? max(context.tokens.count, context.promptCount)
      extents = context.images.map(\.positions)
      return
    }
    var start = 0
    extents = context.images.map { image in
      let first = start
      start += image.tiles.reduce(0) { $0 + Self.rows(of: $1, image, stack) }
      return first..<start
    }
    self.length = start
  }

  /// Rows of a tile here.
  private static func rows(of tile: TokenContext.Tile, _ image: TokenContext.ImageTokens, _ stack: Site.Stack) -> Int {
    stack == .vision ? tile.towerRows + image.virtualRows : tile.featureRows
  }

  /// Prompt positions, or all rows of the images.
  var prompt: Range<Int> { 0..<(stack == .decoder ? min(context.promptCount, length) : length) }
  var generated: Range<Int> { stack == .decoder ? prompt.upperBound..<length : length..<length }

  /// All that stands for an image, class tokens, registers and ends of lines among it.
  func extent(_ image: Int) -> Range<Int> { extents[image] }

  /// The positions of an image's patches, and in the decoder of the ends of its lines.
  func image(_ number: Int) -> [Int] {
    extents[number].filter {
      switch part(at: $0, of: number) {
      case .patch, .endOfLine: true
      default: false
      }
    }
  }

  /// The positions of an image's class tokens. Models that keep them feed them on to the projector and the decoder.
  func classTokens(_ number: Int) -> [Int] {
    extents[number].filter { if case .leading(let row) = part(at: $0, of: number) { row == 0 } else { false } }
  }

  /// The positions that interventions added.
  ///
  /// - Parameter name: those that this selector asked for; nil for all.
  func virtual(_ name: String? = nil) -> [Int] {
    func chosen(_ groups: [TokenContext.VirtualTokens]) -> [Int] {
      groups.flatMap { name == nil || $0.name == name ? Array($0.positions) : [] }.sorted()
    }
    guard stack == .vision else { return stack == .decoder ? chosen(context.virtual) : [] }
    return context.images.indices.flatMap { number in
      let own = chosen(context.images[number].virtual)
      guard !own.isEmpty else { return [Int]() }
      var start = extents[number].lowerBound
      return context.images[number].tiles.flatMap { tile in
        defer { start += Self.rows(of: tile, context.images[number], stack) }
        return own.map { start + $0 }
      }
    }
  }

  /// Every position of the prompt, or of the images, that was there before any was added.
  var own: [Int] {
    let added = Set(virtual())
    return added.isEmpty ? Array(prompt) : prompt.filter { !added.contains($0) }
  }

  /// The image and the patch at a position, or nil where no patch stands.
  func patch(at position: Int) -> Patch? {
    for number in extents.indices where extents[number].contains(position) {
      guard case .patch(let tile, let index) = part(at: position, of: number) else { return nil }
      return Patch(number, context.images[number].tiles[tile], index, isJoined: stack != .vision)
    }
    return nil
  }

  /// What one position of an image is.
  private enum Part {
    case leading(Int)
    case virtual
    case patch(tile: Int, index: Int)
    case endOfLine
  }

  private func part(at position: Int, of number: Int) -> Part {
    let image = context.images[number]
    var row = position - extents[number].lowerBound
    if stack == .decoder {
      row = image.features.indices.contains(row) ? image.features[row] : TokenContext.ImageTokens.endOfLine
      if row == TokenContext.ImageTokens.endOfLine { return .endOfLine }
    }
    for (index, tile) in image.tiles.enumerated() {
      let count = Self.rows(of: tile, image, stack)
      guard row >= count else { return part(of: tile, index, row, image) }
      row -= count
    }
    return .endOfLine
  }

  private func part(
    of tile: TokenContext.Tile, _ index: Int, _ row: Int, _ image: TokenContext.ImageTokens
  ) -> Part {
    guard stack == .vision else {
      // Rows that are joined are patches, all of them.
      let own = tile.joined == .none ? row + tile.dropped : row + tile.leading
      return own < tile.leading ? .leading(own) : .patch(tile: index, index: own - tile.leading)
    }
    if row < tile.leading { return .leading(row) }
    let behind = row - tile.leading - image.virtualRows
    return behind < 0 ? .virtual : .patch(tile: index, index: tile.patch(inRow: behind))
  }
}
