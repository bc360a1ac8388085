import Kernels

/// One transformer block: attention and MLP around a residual stream, with a site at every step.
struct Block: Sendable {
  let configuration: BlockConfiguration
  let pattern: LayerPattern
  let attentionNorm: Norm
  let query: Linear
  let key: Linear
  let value: Linear
  /// Of each head's queries and keys; nil where there are none.
  let queryNorm: Norm?
  let keyNorm: Norm?
  let attentionOutput: Linear
  /// Of what attention adds; nil but in sandwiched blocks, like the MLP's.
  let attentionPostNorm: Norm?
  /// What attention adds is multiplied by it, f32 `[model]`; nil for 1, like the MLP's.
  let attentionOutputScale: Weight?
  /// Nil where the MLP reads what attention reads.
  let mlpNorm: Norm?
  /// Nil where the MLP is not gated.
  let gate: Linear?
  let up: Linear
  let down: Linear
  let mlpPostNorm: Norm?
  let mlpOutputScale: Weight?

  /// Its linear maps by the points of their weights.
  var maps: [(point: Site.Point, map: Linear)] {
    [
      (.queryWeight, query), (.keyWeight, key), (.valueWeight, value), (.attentionOutputWeight, attentionOutput),
    ] + (gate.map { [(.gateWeight, $0)] } ?? []) + [(.upWeight, up), (.downWeight, down)]
  }

  var mask: Mask { Mask(causal: configuration.causal, window: pattern.window, isLocal: pattern.isLocal) }

  /// Runs the block over the pass's residual stream in place.
  ///
  /// - Parameter cache: keys and values of earlier positions, which the pass's own join; nil where every pass is whole.
  func forward(_ pass: Pass, layer: Int, cache: KeyValueCache? = nil) throws {
    try run(pass, layer: layer, cache: cache)
    try pass.visit(.output, rows: pass.workspace.hidden.pointer, width: configuration.width)
  }

  /// The same without showing the output.
  func run(_ pass: Pass, layer: Int, cache: KeyValueCache? = nil) throws {
    try pass.control.check()
    pass.enter(layer: layer)
    try pass.visit(.input, rows: pass.workspace.hidden.pointer, width: configuration.width)
    try attend(pass, layer: layer, cache: cache)
    try pass.visit(.residual, rows: pass.workspace.hidden.pointer, width: configuration.width)
    try transform(pass)
  }

  /// Runs the block for the last row of each sequence, without showing the output. Keys and values of all rows go into the
  /// cache; the pass has one row for each sequence afterwards.
  func runLastRows(_ pass: Pass, layer: Int, cache: KeyValueCache) throws {
    try pass.control.check()
    pass.enter(layer: layer)
    let space = pass.workspace
    try pass.visit(.input, rows: space.hidden.pointer, width: configuration.width)
    try projectKeysAndValues(pass)
    try showKeysAndValues(pass)
    cache.store(space.key.pointer, space.value.pointer, layer: layer, spans: pass.segments)
    pass.keepLastRows(width: configuration.width)
    try projectQueries(pass)
    try pass.visit(.query, heads: configuration.heads, space.query.pointer, size: configuration.headSize)
    try mix(pass, layer: layer, cache: cache)
    try pass.visit(.residual, rows: space.hidden.pointer, width: configuration.width)
    try transform(pass)
  }

  private func attend(_ pass: Pass, layer: Int, cache: KeyValueCache?) throws {
    let space = pass.workspace
    try projectKeysAndValues(pass)
    try projectQueries(pass)
    try pass.visit(.query, heads: configuration.heads, space.query.pointer, size: configuration.headSize)
    try showKeysAndValues(pass)
    cache?.store(space.key.pointer, space.value.pointer, layer: layer, spans: pass.segments)
    try mix(pass, layer: layer, cache: cache)
  }

  /// The norm of all rows, and their keys and values.
  private func projectKeysAndValues(_ pass: Pass) throws {
    let space = pass.workspace
    attentionNorm.apply(space.normed.pointer, space.hidden.pointer, rows: pass.rows)
    try pass.apply(key, .keyWeight, space.key.pointer, space.normed.pointer)
    try pass.apply(value, .valueWeight, space.value.pointer, space.normed.pointer)
    turn(space.key.pointer, heads: configuration.keyValueHeads, keyNorm, pass)
  }

  private func showKeysAndValues(_ pass: Pass) throws {
    let (space, size) = (pass.workspace, configuration.headSize)
    try pass.visit(.key, heads: configuration.keyValueHeads, space.key.pointer, size: size)
    try pass.visit(.value, heads: configuration.keyValueHeads, space.value.pointer, size: size)
  }

  private func projectQueries(_ pass: Pass) throws {
    let space = pass.workspace
    try pass.apply(query, .queryWeight, space.query.pointer, space.normed.pointer)
    turn(space.query.pointer, heads: configuration.heads, queryNorm, pass)
  }

  /// Norm and rotary embedding of each head, where there are.
  private func turn(_ x: UnsafeMutablePointer<Float>, heads: Int, _ norm: Norm?, _ pass: Pass) {
    norm?.apply(x, x, rows: pass.rows * heads)
    if let rotary = pattern.rotary { pass.rotaries[rotary].apply(x, rows: pass.rows, heads: heads) }
  }

  /// What the rows' queries find among keys and values, added to the stream.
  private func mix(_ pass: Pass, layer: Int, cache: KeyValueCache?) throws {
    let space = pass.workspace
    let (query, key, value) = (space.query.pointer, space.key.pointer, space.value.pointer)
    let attention = Attention(
      configuration: configuration, mask: mask, query: query, key: cache?.keys(layer) ?? key,
      value: cache?.values(layer) ?? value, mixed: space.mixed.pointer)
    try attention.forward(pass)
    try pass.visit(.mixed, heads: configuration.heads, space.mixed.pointer, size: configuration.headSize)
    try pass.apply(attentionOutput, .attentionOutputWeight, space.added.pointer, space.mixed.pointer)
    try add(pass, attentionPostNorm, attentionOutputScale, .attentionOutput)
  }

  /// What the MLP makes of the rows, added to the stream.
  private func transform(_ pass: Pass) throws {
    let (rows, space) = (pass.rows, pass.workspace)
    mlpNorm?.apply(space.normed.pointer, space.hidden.pointer, rows: rows)
    let step = pass.wants(any: Site.Point.insideMLP) ? rows : min(rows, Workspace.mlpRows)
    space.inner.reserve(step * configuration.hidden)
    if gate != nil { space.gated.reserve(step * configuration.hidden) }
    for start in stride(from: 0, to: rows, by: max(step, 1)) {
      try transform(pass, start..<min(start + step, rows))
    }
    try add(pass, mlpPostNorm, mlpOutputScale, .mlpOutput)
  }

  private func transform(_ pass: Pass, _ rows: Range<Int>) throws {
    let (inner, gated) = (pass.workspace.inner.pointer, pass.workspace.gated.pointer)
    let normed = pass.workspace.normed.pointer + rows.lowerBound * configuration.width
    if let gate {
      try pass.apply(gate, .gateWeight, inner, normed, rows: rows.count)
      try pass.apply(up, .upWeight, gated, normed, rows: rows.count)
      configuration.activation.gate(inner, gated, rows: rows.count, width: configuration.hidden)
    } else {
      try pass.apply(up, .upWeight, inner, normed, rows: rows.count)
      configuration.activation.apply(inner, count: rows.count * configuration.hidden)
    }
    try pass.visit(.mlpHidden, rows: inner, width: configuration.hidden)
    let added = pass.workspace.added.pointer + rows.lowerBound * configuration.width
    try pass.apply(down, .downWeight, added, inner, rows: rows.count)
  }

  /// Adds what attention or the MLP found to the residual stream, after its own norm or scale where it has one.
  private func add(_ pass: Pass, _ norm: Norm?, _ scale: Weight?, _ point: Site.Point) throws {
    let (hidden, added) = (pass.workspace.hidden.pointer, pass.workspace.added.pointer)
    norm?.apply(added, added, rows: pass.rows)
    if let factors = scale?.pointer.assumingMemoryBound(to: Float.self) {
      for row in 0..<pass.rows {
        let own = added + row * configuration.width
        sk_binary(SK_MULTIPLY, own, own, 1, factors, 1, Int64(configuration.width))
      }
    }
    try pass.visit(point, rows: added, width: configuration.width)
    sk_binary(SK_ADD, hidden, hidden, 1, added, 1, Int64(pass.rows * configuration.width))
  }
}
