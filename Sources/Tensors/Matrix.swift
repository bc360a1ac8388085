/// A tensor of two axes as doubles in row-major order.
struct Matrix {
  let rows: Axis, columns: Axis
  /// What results are given in.
  let dtype: DType
  let values: [Double]
  var m: Int { rows.size }
  var n: Int { columns.size }

  init(
    _ tensor: Tensor, _ rows: String, _ columns: String, _ operation: String, beside other: Tensor? = nil
  ) throws(ShapeError) {
    let (i, j) = (
      try tensor.shape.position(of: rows, for: operation), try tensor.shape.position(of: columns, for: operation)
    )
    if i == j { throw .axisTwice(operation: operation, axis: rows) }
    if tensor.shape.rank != 2 {
      throw .mismatch(
        operation: operation, expected: "a matrix [\(rows), \(columns)]; select one position of each other axis first",
        found: tensor.shape)
    }
    (self.rows, self.columns) = (tensor.axes[i], tensor.axes[j])
    dtype = .computed(tensor.dtype, other?.dtype ?? .f32)
    values = tensor.reordered([i, j]).doubles()
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw .notSolvable(
        operation: operation,
        reason: "the matrix holds \(values[bad]) at \(rows) \(bad / max(n, 1)), \(columns) \(bad % max(n, 1))")
    }
  }

  func square(_ operation: String) throws(ShapeError) -> Matrix {
    if m != n {
      throw .mismatch(
        operation: operation, expected: "as many \(rows.name) as \(columns.name)", found: Shape([rows, columns]))
    }
    return self
  }

  /// A result, entry by entry: the place along its first axis, and the place among the rest of it.
  func result(_ shape: Shape, _ entry: (_ row: Int, _ column: Int) -> Double) -> Tensor {
    let height = shape.axes.first?.size ?? 1
    let width = height == 0 ? 0 : shape.count / height
    return Tensor(shape, of: Double.self) { out in
      for i in 0..<height { for j in 0..<width { out[i * width + j] = entry(i, j) } }
    }.to(dtype)
  }

  /// A result without entries.
  func empty(_ shape: Shape) -> Tensor { result(shape) { _, _ in 0 } }

  var columnMajor: [Double] {
    var result = [Double](repeating: 0, count: max(1, values.count))
    for i in 0..<m { for j in 0..<n { result[j * m + i] = values[i * n + j] } }
    return result
  }

  /// b `[rows, …]` as columns of `height`, how many there are, and the shape of a solution.
  func rightHandSide(
    _ b: Tensor, height: Int, _ operation: String
  ) throws(ShapeError) -> (values: [Double], count: Int, shape: Shape) {
    let position = try b.shape.position(of: rows.name, for: operation)
    if b.axes[position].size != m {
      throw .sizesDiffer(operation: operation, axis: rows.name, left: Shape([rows, columns]), right: b.shape)
    }
    let others = b.axes.indices.filter { $0 != position }
    let shape = try Shape.checked([columns] + others.map { b.axes[$0] }, operation: operation)
    let flat = b.reordered(others + [position]).doubles()
    let count = others.reduce(1) { $0 * b.axes[$1].size }
    var values = [Double](repeating: 0, count: max(1, height * count))
    for j in 0..<count {
      for i in 0..<m {
        values[j * height + i] = flat[j * m + i]
        if !flat[j * m + i].isFinite {
          throw .notSolvable(operation: operation, reason: "the right-hand side holds \(flat[j * m + i])")
        }
      }
    }
    return (values, count, shape)
  }
}
