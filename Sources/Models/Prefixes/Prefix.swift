/// What one prompt computes when nobody edits anything.
final class Prefix {
  /// The residual stream at one stage, from a position to the prompt's end: `[token, model]`.
  struct Stream {
    let from: Int
    let rows: Buffer

    /// A copy of `count` rows, the first of which stands at position `from`.
    init(_ rows: UnsafePointer<Float>, count: Int, width: Int, from: Int) {
      self.from = from
      self.rows = Buffer(count * width)
      self.rows.pointer.update(from: rows, count: count * width)
    }

    var byteCount: Int { rows.capacity * 4 }
  }

  let count: Int
  private let width: Int
  private let keyValueWidth: Int
  private let layers: Int
  /// For each layer the keys, then the values, `[token, head, feature]` each.
  private let keysAndValues: Buffer
  private var streams: [Int: Stream]

  /// - Parameters:
  ///   - cache: with the prompt's keys and values in it.
  ///   - span: the prompt's rows there.
  init(_ decoder: DecoderConfiguration, _ cache: KeyValueCache, _ span: Span, _ streams: [(stage: Int, stream: Stream)])
  {
    self.streams = Dictionary(streams.map { ($0.stage, $0.stream) }, uniquingKeysWith: { $1 })
    count = span.rows.count
    width = decoder.block.width
    keyValueWidth = decoder.block.keyValueWidth
    layers = decoder.layers
    let size = span.rows.count * keyValueWidth
    keysAndValues = Buffer(2 * layers * size)
    for layer in 0..<layers {
      let from = span.firstKey * keyValueWidth
      (keysAndValues.pointer + 2 * layer * size).update(from: cache.keys(layer) + from, count: size)
      (keysAndValues.pointer + (2 * layer + 1) * size).update(from: cache.values(layer) + from, count: size)
    }
  }

  /// The least that a prompt takes: keys, values and embeddings.
  static func byteCount(_ prompt: Prompt, _ decoder: DecoderConfiguration) -> Int {
    prompt.ids.count * (2 * decoder.layers * decoder.block.keyValueWidth + decoder.block.width) * 4
  }

  var byteCount: Int { keysAndValues.capacity * 4 + streams.values.reduce(0) { $0 + $1.byteCount } }
  func byteCount(ofStage stage: Int) -> Int { streams[stage]?.byteCount ?? 0 }

  /// Whether the stream of a stage is there from `position` on.
  func holds(_ stage: Int, from position: Int) -> Bool { streams[stage].map { $0.from <= position } ?? false }

  func keep(_ stream: Stream, stage: Int) { streams[stage] = stream }

  /// Writes the stream of a stage from `position` on.
  func copyStream(_ stage: Int, from position: Int, to rows: UnsafeMutablePointer<Float>) {
    guard let stream = streams[stage] else { return }
    rows.update(from: stream.rows.pointer + (position - stream.from) * width, count: (count - position) * width)
  }

  /// Puts the keys and values of one layer's first `count` positions into a cache.
  func copyKeysAndValues(_ layer: Int, count: Int, to cache: KeyValueCache, firstKey: Int) {
    let (from, size) = (2 * layer * self.count * keyValueWidth, self.count * keyValueWidth)
    let to = firstKey * keyValueWidth
    (cache.keys(layer) + to).update(from: keysAndValues.pointer + from, count: count * keyValueWidth)
    (cache.values(layer) + to).update(from: keysAndValues.pointer + from + size, count: count * keyValueWidth)
  }
}
