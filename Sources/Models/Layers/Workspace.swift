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
  /// `[row, hidden]`
  let inner: Buffer
  let gated: Buffer
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
    inner = Buffer(rows * block.hidden)
    gated = Buffer(block.gated ? rows * block.hidden : 0)
    heads = HeadList(capacity: spans * block.heads)
  }
}
