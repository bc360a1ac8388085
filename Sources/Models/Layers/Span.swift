/// Where one sequence's rows lie in a packed pass.
///
/// A pass computes the rows of all samples as one matrix, sequence after sequence and without padding; only attention
/// looks at the borders.
struct Span {
  let sample: Int
  /// Rows of the pass that belong to the sequence; none once a sample has ended.
  var rows: Range<Int>
  /// The sequence position of the first row.
  var position: Int
  /// Where the sequence's keys and values begin among the rows of the key and value buffers.
  let firstKey: Int

  /// The sequence positions that the pass computes.
  var positions: Range<Int> { position..<position + rows.count }
  /// Keys that exist once the pass has stored its own.
  var keys: Int { position + rows.count }
}
