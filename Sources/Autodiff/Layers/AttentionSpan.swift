import Tensors

/// One sequence of a packed batch, within which attention looks.
public struct AttentionSpan: Sendable {
  /// The sequence's rows among the queries.
  public let rows: Range<Int>
  /// Where its keys and values begin among the key rows, and how many there are.
  public let firstKey: Int
  public let keys: Int
  /// The sequence position of the first row; its keys begin at position 0.
  public let position: Int

  public init(rows: Range<Int>, firstKey: Int, keys: Int, position: Int) {
    (self.rows, self.firstKey, self.keys, self.position) = (rows, firstKey, keys, position)
  }
}

/// What a row sees, and how its scores are made of products.
struct AttentionForm {
  let causal: Bool
  let window: Int?
  let scale: Float?
  let softcap: Float?
}

/// The axes of attention's operands: `[row, head, feature]`, keys and values with heads that groups of query heads share.
struct AttentionShape {
  let rows: Int
  let heads: Int
  let feature: Int
  let keyRows: Int
  let sharedHeads: Int
  let valueFeature: Int
  let spans: [AttentionSpan]
  let form: AttentionForm

  var group: Int { heads / sharedHeads }

  /// - Parameter exclusive: whether no two spans may share keys, as it must be where keys or values get a gradient.
  init(
    query: Shape, key: Shape, value: Shape, spans: [AttentionSpan], form: AttentionForm, exclusive: Bool
  ) throws(ShapeError) {
    for (name, shape) in [("query", query), ("key", key), ("value", value)] where shape.rank != 3 {
      throw .mismatch(operation: "attention", expected: "a \(name) with the axes row, head and feature", found: shape)
    }
    (rows, heads, feature) = (query.sizes[0], query.sizes[1], query.sizes[2])
    (keyRows, sharedHeads, valueFeature) = (key.sizes[0], key.sizes[1], value.sizes[2])
    guard key.sizes[2] == feature else {
      throw .mismatch(operation: "attention", expected: "keys of \(feature) features, as the query has", found: key)
    }
    guard sharedHeads > 0, heads % sharedHeads == 0 else {
      throw .mismatch(
        operation: "attention", expected: "as many key heads as divide the \(heads) query heads", found: key)
    }
    guard value.sizes[0] == keyRows, value.sizes[1] == sharedHeads else {
      throw .mismatch(
        operation: "attention", expected: "values of \(keyRows) rows and \(sharedHeads) heads, as the keys have",
        found: value)
    }
    if let span = spans.first(where: { $0.keys < 0 || $0.position < 0 }) {
      throw .badArgument(
        operation: "attention", argument: "a span of \(span.keys) keys at position \(span.position)",
        expected: "none below 0")
    }
    if let window = form.window, window < 1 {
      throw .badArgument(operation: "attention", argument: "a window of \(window)", expected: "1 position or more")
    }
    if let softcap = form.softcap, !(softcap > 0 && softcap.isFinite) {
      throw .badArgument(operation: "attention", argument: "softcap \(softcap)", expected: "a number above 0")
    }
    (self.spans, self.form) = (spans, form)
    try check(spans.map(\.rows), in: rows, "rows", covering: true)
    try check(
      spans.map { $0.firstKey..<$0.firstKey + $0.keys }, in: keyRows, "keys", exclusive: exclusive)
  }

  private func check(
    _ ranges: [Range<Int>], in count: Int, _ what: String, exclusive: Bool = true, covering: Bool = false
  ) throws(ShapeError) {
    var end = 0
    for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound < 0 || range.upperBound > count {
        throw .badArgument(
          operation: "attention", argument: "a span with the \(what) \(range)", expected: "\(what) within 0..<\(count)")
      }
      if exclusive, range.lowerBound < end {
        throw .badArgument(
          operation: "attention", argument: "spans that share the \(what) from \(range.lowerBound) on",
          expected: "\(what) of one span each; take the shared rows twice")
      }
      if covering, range.lowerBound > end {
        throw .badArgument(
          operation: "attention", argument: "no span with row \(end)", expected: "every row in one span")
      }
      end = range.upperBound
    }
    if covering, end != count {
      throw .badArgument(operation: "attention", argument: "no span with row \(end)", expected: "every row in one span")
    }
  }

  /// Whether the spans reach every key row; what they do not reach gets no gradient from the kernel.
  var reachesAllKeys: Bool { spans.reduce(0) { $0 + $1.keys } == keyRows }
}
