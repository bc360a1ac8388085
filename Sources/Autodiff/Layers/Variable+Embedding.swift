import Tensors

extension Variable {
  /// Rows of a table, by their numbers: `[token, model]`, f32 whatever the table is stored in (f64 of f64).
  ///
  /// The table's gradient sums the rows' gradients, in their order.
  ///
  /// - Parameters:
  ///   - table: two axes, entry and model, whatever their names.
  ///   - ids: entries, repeated or not.
  /// - Throws: `ShapeError` for an entry that the table does not have.
  public static func embedding(_ table: Variable, _ ids: [Int]) throws -> Variable {
    guard table.shape.rank == 2 else {
      throw ShapeError.mismatch(operation: "embedding", expected: "a table [entry, model]", found: table.shape)
    }
    let (entry, width) = (table.axes[0], table.axes[1].size)
    if let id = ids.first(where: { !(0..<entry.size).contains($0) }) {
      throw ShapeError.outOfRange(operation: "embedding", index: id, axis: entry.name, size: entry.size)
    }
    let result = try Shape.checked([Axis("token", ids.count), Axis("model", width)], operation: "embedding")

    func looked<Number: LayerNumber>(_: Number.Type) -> Variable {
      let rows = Fresh<Number>(result)
      Number.rows(rows.pointer, of: table.value, ids)
      let (shape, order) = (table.shape, ids.map { Int64($0) })
      return record(.embedding, rows.tensor, from: [table]) { gradient in
        let g = gradient.to(Number.dtype)
        let sums = Fresh<Number>(shape)
        sums.pointer.update(repeating: 0, count: shape.count)
        withExtendedLifetime(g) { Number.scatterAdd(sums.pointer, order, g.elements(Number.self), width: width) }
        return [sums.tensor]
      }
    }
    return looked(kernels(for: [table]))
  }
}
