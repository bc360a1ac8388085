import Models

/// Where the parts of a sample's sequence stand at one stack: decoder positions, or rows of the vision tower or the
/// projector, where several images follow one another.
struct SequenceMap {
  let context: TokenContext
  let stack: Site.Stack
  /// Rows that exist: prompt and generated tokens, or all rows of all images.
  let length: Int

  /// - Parameter length: decoder positions so far; by default the tokens that the context knows.
  init(_ context: TokenContext, _ stack: Site.Stack, length: Int? = nil) {
    self.context = context
    self.stack = stack
    switch stack {
    case .decoder: self.length = length ?? max(context.tokens.count, context.promptCount)
    case .vision, .projector:
      self.length = context.images.reduce(0) { $0 + Self.rowCount(of: $1, stack) }
    }
  }

  /// Prompt positions, or all rows of the images.
  var prompt: Range<Int> { 0..<(stack == .decoder ? min(context.promptCount, length) : length) }
  var generated: Range<Int> { stack == .decoder ? prompt.upperBound..<length : length..<length }

  private static func rowCount(of image: TokenContext.ImageTokens, _ stack: Site.Stack) -> Int {
    stack == .vision ? image.classTokens + image.rows * image.columns : image.positions.count
  }

  /// One image's class tokens and patches as positions here. Models that keep the class token feed it to the
  /// projector and the decoder too, before the patches.
  func image(_ number: Int) -> (cls: Range<Int>, patches: Range<Int>) {
    let image = context.images[number]
    let start =
      stack == .decoder
      ? image.positions.lowerBound
      : context.images[..<number].reduce(0) { $0 + Self.rowCount(of: $1, stack) }
    let count = Self.rowCount(of: image, stack)
    let patches = min(image.rows * image.columns, count)
    return (start..<start + count - patches, start + count - patches..<start + count)
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
