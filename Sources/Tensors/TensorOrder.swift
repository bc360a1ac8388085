/// Sorting along an axis. Equal elements keep their order; NaN comes last, whichever the direction.
extension Tensor {
  public func sorted(over name: String, descending: Bool = false) throws(ShapeError) -> Tensor {
    try alongRows(name, "sorted", { sort($0, into: $1, descending) }, { sort($0, into: $1, descending) })
  }

  /// Positions that would sort each row. Integers.
  public func argsort(over name: String, descending: Bool = false) throws(ShapeError) -> Tensor {
    // Positions pass through the tensor's own type; f32 holds integers up to 2²⁴.
    let size = axes[try shape.position(of: name, for: "argsort")].size
    if size > 1 << 24 {
      throw .badArgument(operation: "argsort", argument: "an axis of \(size)", expected: "at most \(1 << 24) positions")
    }
    return try alongRows(name, "argsort", { rank($0, into: $1, descending) }, { rank($0, into: $1, descending) })
      .to(.i64)
  }

  /// The `count` largest elements along an axis, largest first, and where they stood.
  public func top(_ count: Int, over name: String) throws(ShapeError) -> (values: Tensor, positions: Tensor) {
    let size = axes[try shape.position(of: name, for: "top")].size
    if count < 0 || count > size {
      throw .badArgument(operation: "top", argument: "\(count) elements", expected: "0 to \(size), the size of \(name)")
    }
    let order = try argsort(over: name, descending: true).select(name, .range(from: 0, to: count, by: 1))
    let positions = order.viewed(as: Shape(order.axes.map { $0.name == name ? Axis(name, count) : $0 }))
    let picks = try positions.rename(name, to: name + " position")
    let values = try take(picks, along: name).rename(name + " position", to: name)
    return (values.aligned(to: positions.shape), positions)
  }
}

private func sort<Element: Real>(
  _ row: UnsafeBufferPointer<Element>, into out: UnsafeMutableBufferPointer<Element>, _ descending: Bool
) {
  for (i, from) in order(row, descending).enumerated() { out[i] = row[from] }
}

private func rank<Element: Real>(
  _ row: UnsafeBufferPointer<Element>, into out: UnsafeMutableBufferPointer<Element>, _ descending: Bool
) {
  for (i, from) in order(row, descending).enumerated() { out[i] = Element(from) }
}

private func order<Element: Real>(_ row: UnsafeBufferPointer<Element>, _ descending: Bool) -> [Int] {
  row.indices.sorted { a, b in
    let (x, y) = (row[a], row[b])
    if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
    return x == y ? a < b : descending ? x > y : x < y
  }
}
