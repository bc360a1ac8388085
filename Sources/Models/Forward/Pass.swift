/// One forward pass through one stack: which rows it computes, where it works, and who is listening.
final class Pass {
  let stack: Site.Stack
  let workspace: Workspace
  /// Those that the stack's layers choose from.
  let rotaries: [Rotary]
  let control: RunControl
  /// One span for each sample of the batch; empty where the sample takes no part.
  private(set) var samples: [Span] = []
  /// The sequences within which attention looks: a sample's tokens, or one image.
  private(set) var segments: [Span] = []
  /// The windows that images are cut into for some layers; none where no layer sees windows.
  private(set) var windows: [Span] = []
  private(set) var rows = 0
  private let positions: [MultimodalPositions]
  private let listening: Listening?
  /// The bits of the sites that are listened to where the pass now is.
  private var wanted: UInt32 = 0
  private var layer: Int?

  /// - Parameter positions: of each sample's sequence; not asked for where there are no rotary embeddings.
  init(
    _ stack: Site.Stack, workspace: Workspace, rotaries: [Rotary], positions: [MultimodalPositions] = [],
    control: RunControl, listening: Listening?
  ) {
    self.stack = stack
    self.workspace = workspace
    self.rotaries = rotaries
    self.positions = positions
    self.control = control
    self.listening = listening
  }

  /// Sets the rows of the pass. `segments` follow each other in the order of their samples.
  func lay(samples: [Span], segments: [Span]) {
    self.samples = samples
    self.segments = segments
    windows = []
    rows = segments.last?.rows.upperBound ?? 0
    enter(layer: nil)
  }

  /// Cuts each sequence into windows of so many rows.
  func cut(_ lengths: [[Int]]) {
    windows = zip(segments, lengths).flatMap { segment, lengths in
      var start = segment.rows.lowerBound
      return lengths.map { length in
        defer { start += length }
        return Span(sample: segment.sample, rows: start..<start + length, position: 0, firstKey: start)
      }
    }
  }

  /// What attention with this mask looks within.
  func sequences(_ mask: Mask) -> [Span] { mask.isLocal ? windows : segments }

  /// Moves every sample on by what it has computed, to one new row for each that gets a token.
  func advance(_ ids: [Int?]) {
    segments.removeAll(keepingCapacity: true)
    rows = 0
    for index in samples.indices {
      samples[index].position = samples[index].keys
      samples[index].rows = rows..<rows + (ids[index] == nil ? 0 : 1)
      if ids[index] != nil {
        place(rows: samples[index].rows, at: samples[index].position, of: index)
        segments.append(samples[index])
        rows += 1
      }
    }
  }

  /// Turns the rows by the angles of a sample's places from `place` on; its sequence ends with them.
  func place(rows: Range<Int>, at place: Int, of sample: Int) {
    for rotary in rotaries { rotary.place(rows: rows, at: place, in: positions[sample]) }
  }

  /// Leaves each sequence its last row: rows of the residual stream and of its norm move to the front.
  func keepLastRows(width: Int) {
    for (row, span) in segments.enumerated() {
      let last = span.rows.upperBound - 1
      for buffer in [workspace.hidden, workspace.normed] where last > row {
        (buffer.pointer + row * width).update(from: buffer.pointer + last * width, count: width)
      }
      segments[row].position = span.keys - 1
      segments[row].rows = row..<row + 1
      samples[span.sample] = segments[row]
      place(rows: row..<row + 1, at: span.keys - 1, of: span.sample)
    }
    rows = segments.count
  }

  /// Which block the pass is in; nil outside blocks.
  func enter(layer: Int?) {
    self.layer = layer
    wanted = listening?.sites.bits(stack, layer: layer) ?? 0
  }

  /// The last stage of the stream of `layers` blocks that a listener's site is computed from, 0 for none.
  func lastHeardStage(of layers: Int) -> Int {
    guard let sites = listening?.sites else { return 0 }
    if sites.bits(stack, layer: nil) & (Site.Point.norm.bit | Site.Point.logits.bit) != 0 { return layers }
    return sites.lastLayer(stack).map { $0 + 1 } ?? 0
  }

  /// Whether nobody looks at positions that nothing reads any more.
  var mayDropRows: Bool { listening?.treatsPositionsAlone ?? true }

  func wants(_ point: Site.Point) -> Bool { wanted & point.bit != 0 }
  func wants(any points: UInt32) -> Bool { wanted & points != 0 }

  /// Shows rows `[token, width]` to whoever listens.
  func visit(_ point: Site.Point, rows base: UnsafeMutablePointer<Float>, width: Int) throws {
    if wants(point) { _ = try show(point, .rows(base, width: width)) }
  }

  /// Shows rows `[token, head, feature]`, to be seen as `[head, token, feature]`.
  func visit(_ point: Site.Point, heads: Int, _ base: UnsafeMutablePointer<Float>, size: Int) throws {
    if wants(point) { _ = try show(point, .heads(base, count: heads, size: size)) }
  }

  /// Runs a linear map over the pass's rows, and shows what it gives to whoever listens to it.
  ///
  /// - Parameter rows: some of them, where nobody listens; nil for all.
  func apply(
    _ map: Linear, _ point: Site.Point, _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int? = nil
  ) throws {
    map.apply(out, x, rows: rows ?? self.rows)
    map.lowRank?.add(to: out, x, rows: rows ?? self.rows, of: map, workspace)
    if wants(point) { _ = try show(point, .map(out, width: map.output, from: x, inputWidth: map.input)) }
  }

  /// Shows attention matrices; true when the listener replaced any.
  func visit(_ point: Site.Point, _ matrices: AttentionMatrices) throws -> Bool {
    wants(point) ? try show(point, .matrices(matrices)) : false
  }

  private func show(_ point: Site.Point, _ content: LiveActivation.Content) throws -> Bool {
    guard let listening else { return false }
    return try listening.show(Site(stack, layer: layer, point), content, samples)
  }
}
