import Models

/// Where the parts of a sample's sequence stand at one stack: decoder positions, or rows of the vision tower or the
/// projector, where several images follow one another.
struct SequenceMap {
  let context: TokenContext
  let stack: Site.Stack
  /// Rows that exist: prompt and generated tokens, or all rows of all images.
  private(set) var length: Int

  /// - Parameter length: decoder positions so far; by default the tokens that the context knows.
  init(_ context: TokenContext, _ stack: Site.Stack, length: Int? = nil) {
    self.context = context
    self.stack = stack
    switch stack {
    case .decoder: self.length = length ?? max(context.tokens.count, context.promptCount)
    case .vision, .projector:
      self.length = 0
      self.length = context.images.indices.reduce(0) { $0 + rowCount($1) }
    }
  }

  /// Prompt positions, or all rows of the images.
  var prompt: Range<Int> { 0..<(stack == .decoder ? min(context.promptCount, length) : length) }
  var generated: Range<Int> { stack == .decoder ? prompt.upperBound..<length : length..<length }

  /// Class tokens of an image that stand before its patches here. Models that keep them feed them on to the projector
  /// and the decoder, where they are image tokens that belong to no patch.
  private func classTokens(_ number: Int) -> Int {
    let image = context.images[number]
    guard stack != .vision else { return image.classTokens }
    var start = image.positions.lowerBound
    while start > 0, image.positions.lowerBound - start < image.classTokens,
      context.tokens.indices.contains(start - 1), context.tokens[start - 1].role == .image,
      !context.images.contains(where: { $0.positions.contains(start - 1) })
    {
      start -= 1
    }
    return image.positions.lowerBound - start
  }

  private func rowCount(_ number: Int) -> Int {
    classTokens(number) + virtualRows(number) + context.images[number].rows * context.images[number].columns
  }

  /// Rows that interventions added to an image; they stand in the tower alone.
  private func virtualRows(_ number: Int) -> Int { stack == .vision ? context.images[number].virtualRows : 0 }

  /// One image's class tokens and patches as positions here.
  func image(_ number: Int) -> (cls: Range<Int>, patches: Range<Int>) {
    let kept = classTokens(number)
    let start =
      stack == .decoder
      ? context.images[number].positions.lowerBound - kept
      : (0..<number).reduce(0) { $0 + rowCount($1) }
    return (start..<start + kept, start + kept + virtualRows(number)..<start + rowCount(number))
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
      let start = image(number).cls.lowerBound
      return chosen(context.images[number].virtual).map { start + $0 }
    }
  }

  /// Every position of the prompt, or of the images, that was there before any was added.
  var own: [Int] {
    let added = Set(virtual())
    return added.isEmpty ? Array(prompt) : prompt.filter { !added.contains($0) }
  }

  /// The image and the patch at a position, or nil where no patch stands.
  func patch(at position: Int) -> (image: Int, row: Int, column: Int)? {
    for number in context.images.indices {
      let patches = image(number).patches
      guard patches.contains(position) else { continue }
      let columns = max(context.images[number].columns, 1)
      let index = position - patches.lowerBound
      return (number, index / columns, index % columns)
    }
    return nil
  }

  /// The part of a patch that a box covers, from 0 to 1.
  func overlap(of patch: (image: Int, row: Int, column: Int), with box: PixelBox) -> Double {
    let image = context.images[patch.image]
    let side = Double(image.patchSize)
    func edge(_ index: Int, _ scale: Double, _ offset: Double) -> Double { Double(index) * side * scale + offset }
    let left = edge(patch.column, image.scale.x, image.offset.x)
    let right = edge(patch.column + 1, image.scale.x, image.offset.x)
    let top = edge(patch.row, image.scale.y, image.offset.y)
    let bottom = edge(patch.row + 1, image.scale.y, image.offset.y)
    let area = (right - left) * (bottom - top)
    guard area > 0 else { return 0 }
    return max(0, min(right, box.x1) - max(left, box.x0)) * max(0, min(bottom, box.y1) - max(top, box.y0)) / area
  }
}
