/// Keys and values of every position so far, layer by layer; one run of rows per sequence.
final class KeyValueCache {
  private let width: Int
  private let keyBuffers: [Buffer]
  private let valueBuffers: [Buffer]

  /// - Parameter rows: positions of all sequences together, those still to be generated included.
  init(_ configuration: DecoderConfiguration, rows: Int) {
    let width = configuration.block.keyValueWidth
    self.width = width
    keyBuffers = (0..<configuration.layers).map { _ in Buffer(rows * width) }
    valueBuffers = (0..<configuration.layers).map { _ in Buffer(rows * width) }
  }

  /// `[row, head, feature]`
  func keys(_ layer: Int) -> UnsafeMutablePointer<Float> { keyBuffers[layer].pointer }
  func values(_ layer: Int) -> UnsafeMutablePointer<Float> { valueBuffers[layer].pointer }

  /// Appends a pass's keys and values, edits included, to their sequences.
  func store(_ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>, layer: Int, spans: [Span]) {
    for span in spans {
      let (from, count) = (span.rows.lowerBound * width, span.rows.count * width)
      let to = (span.firstKey + span.position) * width
      (keys(layer) + to).update(from: key + from, count: count)
      (values(layer) + to).update(from: value + from, count: count)
    }
  }
}
