extension Image {
  /// The image at another size, bit for bit as Pillow's `Image.resize` makes it: antialiased when shrinking, and with
  /// colours weighted by their alpha.
  /// - Throws: `ImageProblem` when the new size is empty or too large.
  public func resized(width newWidth: Int, height newHeight: Int, _ filter: ResampleFilter) throws -> Image {
    if let problem = Self.problem(width: newWidth, height: newHeight) { throw problem }
    if newWidth == width && newHeight == height { return self }
    if filter == .nearest { return nearest(newWidth, newHeight) }
    let source = channels == .rgba ? premultiplied : self
    let result =
      Self.mixesRowsFirst(from: (width, height), to: (newWidth, newHeight))
      ? source.mixingRows(to: newHeight, filter).mixingColumns(to: newWidth, filter)
      : source.mixingColumns(to: newWidth, filter).mixingRows(to: newHeight, filter)
    return channels == .rgba ? result.unpremultiplied : result
  }

  /// The order of the two passes, each of which rounds to 8 bits: Pillow takes the rows first when that shortens the
  /// image by more than twice what the columns would. (Before Pillow 13.0 the columns always came first.)
  private static func mixesRowsFirst(from old: (width: Int, height: Int), to new: (width: Int, height: Int)) -> Bool {
    new.height < old.height && old.height - new.height > 2 * (old.width - new.width)
  }

  private func mixingColumns(to newWidth: Int, _ filter: ResampleFilter) -> Image {
    if newWidth == width { return self }
    let columns = ResampleWeights(from: width, to: newWidth, filter)
    let size = channels.rawValue
    let count = newWidth * height * size
    let result = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      pixels.withUnsafeBufferPointer { source in
        columns.weights.withUnsafeBufferPointer { weights in
          guard let source = source.baseAddress, let weights = weights.baseAddress, let target = target.baseAddress
          else { return }
          for row in 0..<height {
            let from = source + row * width * size
            let to = target + row * newWidth * size
            for (column, span) in columns.spans.enumerated() {
              let mix = weights + column * columns.stride
              let first = from + span.first * size
              for channel in 0..<size {
                var sum: Int32 = 1 << (ResampleWeights.bits - 1)
                for i in 0..<span.count { sum &+= Int32(first[i &* size &+ channel]) &* mix[i] }
                to[column * size + channel] = clipped(sum)
              }
            }
          }
        }
      }
      initialized = count
    }
    return Image(width: newWidth, height: height, channels: channels, pixels: result)
  }

  private func mixingRows(to newHeight: Int, _ filter: ResampleFilter) -> Image {
    if newHeight == height { return self }
    let rows = ResampleWeights(from: height, to: newHeight, filter)
    let rowCount = width * channels.rawValue
    let count = rowCount * newHeight
    var sums = [Int32](repeating: 0, count: rowCount)
    let result = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      pixels.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          guard let source = source.baseAddress, let target = target.baseAddress, let sums = sums.baseAddress
          else { return }
          for (row, span) in rows.spans.enumerated() {
            sums.update(repeating: 1 << (ResampleWeights.bits - 1), count: rowCount)
            for i in 0..<span.count {
              let from = source + (span.first + i) * rowCount
              let weight = rows.weights[row * rows.stride + i]
              for j in 0..<rowCount { sums[j] &+= Int32(from[j]) &* weight }
            }
            let to = target + row * rowCount
            for j in 0..<rowCount { to[j] = clipped(sums[j]) }
          }
        }
      }
      initialized = count
    }
    return Image(width: width, height: newHeight, channels: channels, pixels: result)
  }

  private func nearest(_ newWidth: Int, _ newHeight: Int) -> Image {
    // Positions are summed up rather than multiplied, as Pillow does, and truncated.
    func positions(_ old: Int, _ new: Int) -> [Int] {
      let step = Double(old) / Double(new)
      var position = step * 0.5
      return (0..<new).map { _ in
        defer { position += step }
        return min(Int(position), old - 1)
      }
    }
    let columns = positions(width, newWidth)
    let size = channels.rawValue
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight * size)
    for row in positions(height, newHeight) {
      for column in columns {
        let start = (row * width + column) * size
        result.append(contentsOf: pixels[start..<start + size])
      }
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }

  private var premultiplied: Image {
    mapping(to: .rgba) { source, target in
      let alpha = Int(source[3])
      for channel in 0..<3 { target[channel] = UInt8(truncatingIfNeeded: multiplied(Int(source[channel]), alpha)) }
      target[3] = source[3]
    }
  }

  private var unpremultiplied: Image {
    mapping(to: .rgba) { source, target in
      let alpha = Int(source[3])
      for channel in 0..<3 {
        let sample = Int(source[channel])
        target[channel] = UInt8(truncatingIfNeeded: alpha == 0 ? sample : min(255, 255 * sample / alpha))
      }
      target[3] = source[3]
    }
  }
}

@inline(__always)
private func clipped(_ sum: Int32) -> UInt8 {
  UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResampleWeights.bits)))
}
