/// The buffers that one stack of blocks works in, for passes of up to `rows` rows. Nothing is allocated after this.
final class Workspace {
  /// The residual stream, `[row, model]`.
  let hidden: Buffer
  let normed: Buffer
  /// What attention or the MLP adds to the stream, `[row, model]`.
  let added: Buffer
  /// `[row, head, feature]`
  let query: Buffer
  let key: Buffer
  let value: Buffer
  let mixed: Buffer
  /// `[row, hidden]`, of `mlpRows` rows, or of all where somebody looks inside the MLP.
  let inner: Buffer
  let gated: Buffer
  /// How many rows go through the MLP at once. It is several times as wide as the stream: all rows of a long prompt would be most of
  /// the workspace.
  static let mlpRows = 1024
  /// What maps with a low-rank part compute in; used only for those.
  let thin = Buffer(0)
  let wide = Buffer(0)
  /// Scores, then weights, of all samples; used only for those who look at them.
  let matrices = Buffer(0)
  let heads: HeadList

  init(_ block: BlockConfiguration, rows: Int, spans: Int) {
    hidden = Buffer(rows * block.width)
    normed = Buffer(rows * block.width)
    added = Buffer(rows * block.width)
    query = Buffer(rows * block.queryWidth)
    key = Buffer(rows * block.keyValueWidth)
    value = Buffer(rows * block.keyValueWidth)
    mixed = Buffer(rows * block.queryWidth)
    let inside = min(rows, Self.mlpRows) * block.hidden
    inner = Buffer(inside)
    gated = Buffer(block.gated ? inside : 0)
    heads = HeadList(capacity: spans * block.heads)
  }
}
