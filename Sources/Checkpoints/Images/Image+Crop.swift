extension Image {
  /// The rectangle whose top left pixel is (`x`, `y`); what lies outside the image gets `outside`.
  ///
  /// - Parameter outside: one sample for each channel; zeros when empty, as Pillow's `crop`.
  /// - Throws: `ImageProblem` when the rectangle is empty or too large.
  public func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int, outside: [UInt8] = []) throws -> Image
  {
    if let problem = Self.problem(width: newWidth, height: newHeight) { throw problem }
    let size = channels.rawValue
    precondition(outside.isEmpty || outside.count == size)
    let background = outside.isEmpty ? Array(repeating: 0, count: size) : outside
    // Far-away rectangles are all outside; their corners need not be representable.
    let left = max(min(x, width), -newWidth)
    let top = max(min(y, height), -newHeight)
    let columns = max(0, left)..<max(max(0, left), min(width, left + newWidth))
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight * size)
    func fill(_ count: Int) { for _ in 0..<count { result.append(contentsOf: background) } }
    for row in top..<top + newHeight {
      guard (0..<height).contains(row), !columns.isEmpty else {
        fill(newWidth)
        continue
      }
      fill(columns.lowerBound - left)
      let start = row * width * size
      result.append(contentsOf: pixels[start + columns.lowerBound * size..<start + columns.upperBound * size])
      fill(left + newWidth - columns.upperBound)
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }
}
