/// Matrices are tensors of two axes, named in the call: `rows` index equations or samples, `columns` unknowns or features.
/// Computed in double precision, rounded to f32 at the end.
extension Tensor {
  /// self = u · diag(s) · v, economy size, singular values falling. Signs are fixed: the largest entry of each row of v, by
  /// magnitude, is positive.
  ///
  /// - Returns: u `[rows, component]`, s `[component]`, v `[component, columns]`, with min(rows, columns) components.
  public func svd(
    rows: String, columns: String, into component: String = "component"
  ) throws(ShapeError) -> (u: Tensor, s: Tensor, v: Tensor) {
    let matrix = try Matrix(self, rows, columns, "svd")
    let (m, n, k) = (matrix.m, matrix.n, min(matrix.m, matrix.n))
    let inner = Axis(component, k)
    let shapes = (
      try Shape.checked([matrix.rows, inner], operation: "svd"),
      try Shape.checked([inner, matrix.columns], operation: "svd")
    )
    if k == 0 { return (Tensor(shapes.0) { _ in }, Tensor(Shape([inner])) { _ in }, Tensor(shapes.1) { _ in }) }
    // A row-major matrix is its transpose in column-major order, and the factors come back transposed and swapped.
    var a = matrix.values
    let (v, s, u) = try LAPACK.svd(&a, m: n, n: m)
    let signs = (0..<k).map { largestIsNegative(v[$0 * n..<($0 + 1) * n]) ? -1.0 : 1.0 }
    return (
      Tensor(shapes.0) { out in for i in 0..<m { for j in 0..<k { out[i * k + j] = Float(signs[j] * u[i * k + j]) } } },
      Tensor(Shape([inner])) { out in for j in 0..<k { out[j] = Float(s[j]) } },
      Tensor(shapes.1) { out in for i in 0..<k { for j in 0..<n { out[i * n + j] = Float(signs[i] * v[i * n + j]) } } }
    )
  }

  /// self = q · r with orthonormal columns in q and r upper triangular, its diagonal not negative.
  ///
  /// - Returns: q `[rows, component]`, r `[component, columns]`, with min(rows, columns) components.
  public func qr(
    rows: String, columns: String, into component: String = "component"
  ) throws(ShapeError) -> (q: Tensor, r: Tensor) {
    let matrix = try Matrix(self, rows, columns, "qr")
    let (m, n, k) = (matrix.m, matrix.n, min(matrix.m, matrix.n))
    let inner = Axis(component, k)
    let shapes = (
      try Shape.checked([matrix.rows, inner], operation: "qr"),
      try Shape.checked([inner, matrix.columns], operation: "qr")
    )
    if k == 0 { return (Tensor(shapes.0) { _ in }, Tensor(shapes.1) { _ in }) }
    var a = matrix.columnMajor
    let (q, r) = try LAPACK.qr(&a, m: m, n: n)
    let signs = (0..<k).map { r[$0 * k + $0] < 0 ? -1.0 : 1.0 }
    return (
      Tensor(shapes.0) { out in for i in 0..<m { for j in 0..<k { out[i * k + j] = Float(signs[j] * q[j * m + i]) } } },
      Tensor(shapes.1) { out in for i in 0..<k { for j in 0..<n { out[i * n + j] = Float(signs[i] * r[j * k + i]) } } }
    )
  }

  /// Eigenvalues, rising, and eigenvectors of a symmetric matrix, of which the mean with its transpose is taken. The largest
  /// entry of each vector, by magnitude, is positive.
  ///
  /// - Returns: values `[component]`, vectors `[component, columns]`.
  public func eigh(
    rows: String, columns: String, into component: String = "component"
  ) throws(ShapeError) -> (values: Tensor, vectors: Tensor) {
    let matrix = try Matrix(self, rows, columns, "eigh").square("eigh")
    let n = matrix.n
    let inner = Axis(component, n)
    let shape = try Shape.checked([inner, matrix.columns], operation: "eigh")
    if n == 0 { return (Tensor(Shape([inner])) { _ in }, Tensor(shape) { _ in }) }
    var a = matrix.values
    for i in 0..<n { for j in 0..<i { a[i * n + j] = (a[i * n + j] + a[j * n + i]) / 2 } }
    for i in 0..<n { for j in 0..<i { a[j * n + i] = a[i * n + j] } }
    let values = try LAPACK.eigh(&a, n: n)
    return (
      Tensor(Shape([inner])) { out in for i in 0..<n { out[i] = Float(values[i]) } },
      Tensor(shape) { out in
        for i in 0..<n {
          let sign = largestIsNegative(a[i * n..<(i + 1) * n]) ? -1.0 : 1.0
          for j in 0..<n { out[i * n + j] = Float(sign * a[i * n + j]) }
        }
      }
    )
  }

  /// Eigenvalues of a square matrix: real and imaginary parts `[component]`, by falling magnitude.
  public func eigenvalues(
    rows: String, columns: String, into component: String = "component"
  ) throws(ShapeError) -> (real: Tensor, imaginary: Tensor) {
    let matrix = try Matrix(self, rows, columns, "eigenvalues").square("eigenvalues")
    let n = matrix.n
    var a = matrix.values
    let (real, imaginary) = n == 0 ? ([], []) : try LAPACK.eigenvalues(&a, n: n)
    let size = { (i: Int) in real[i] * real[i] + imaginary[i] * imaginary[i] }
    let order = (0..<n).sorted {
      let (p, q) = (size($0), size($1))
      return p == q ? (real[$0], imaginary[$0]) > (real[$1], imaginary[$1]) : p > q
    }
    let shape = Shape([Axis(component, n)])
    return (
      Tensor(shape) { out in for (i, from) in order.enumerated() { out[i] = Float(real[from]) } },
      Tensor(shape) { out in for (i, from) in order.enumerated() { out[i] = Float(imaginary[from]) } }
    )
  }

  /// x with self · x = b.
  ///
  /// - Parameter b: `[rows, …]`.
  /// - Returns: `[columns, …]`.
  public func solve(_ b: Tensor, rows: String, columns: String) throws(ShapeError) -> Tensor {
    let matrix = try Matrix(self, rows, columns, "solve").square("solve")
    var (right, count, shape) = try matrix.rightHandSide(b, height: matrix.n, "solve")
    var a = matrix.columnMajor
    if matrix.n > 0, count > 0 { try LAPACK.solve(&a, &right, n: matrix.n, columns: count) }
    return fromColumns(right, height: matrix.n, shape)
  }

  /// The shortest x that minimises |self · x − b|, and the rank of self (singular values below max(m, n)·2⁻²⁴ of the largest
  /// count as zero).
  ///
  /// - Parameter b: `[rows, …]`.
  /// - Returns: x `[columns, …]`.
  public func lstsq(_ b: Tensor, rows: String, columns: String) throws(ShapeError) -> (x: Tensor, rank: Int) {
    let matrix = try Matrix(self, rows, columns, "lstsq")
    let height = max(matrix.m, matrix.n)
    var (right, count, shape) = try matrix.rightHandSide(b, height: height, "lstsq")
    var (a, rank) = (matrix.columnMajor, 0)
    if matrix.m > 0, matrix.n > 0, count > 0 {
      rank = try LAPACK.leastSquares(&a, &right, m: matrix.m, n: matrix.n, columns: count)
    }
    return (fromColumns(right, height: height, shape), rank)
  }

  /// - Returns: `[columns, rows]`.
  public func inverse(rows: String, columns: String) throws(ShapeError) -> Tensor {
    let matrix = try Matrix(self, rows, columns, "inverse").square("inverse")
    let n = matrix.n
    var a = matrix.columnMajor
    var identity = [Double](repeating: 0, count: max(1, n * n))
    for i in 0..<n { identity[i * n + i] = 1 }
    if n > 0 { try LAPACK.solve(&a, &identity, n: n, columns: n) }
    return Tensor(Shape([matrix.columns, matrix.rows])) { out in
      for i in 0..<n { for j in 0..<n { out[i * n + j] = Float(identity[j * n + i]) } }
    }
  }

  public func determinant(rows: String, columns: String) throws(ShapeError) -> Tensor {
    let matrix = try Matrix(self, rows, columns, "determinant").square("determinant")
    var a = matrix.values
    return Tensor(Float(try LAPACK.determinant(&a, n: matrix.n)))
  }

  private func fromColumns(_ values: [Double], height: Int, _ shape: Shape) -> Tensor {
    let n = shape.axes[0].size
    let count = n == 0 ? 0 : shape.count / n
    return Tensor(shape) { out in
      for i in 0..<n { for j in 0..<count { out[i * count + j] = Float(values[j * height + i]) } }
    }
  }
}

private func largestIsNegative(_ row: ArraySlice<Double>) -> Bool {
  var best = 0.0
  // A clear margin decides, so that two entries equal but for rounding do not.
  for value in row where abs(value) > abs(best) * 1.000001 { best = value }
  return best < 0
}

/// A tensor of two axes as doubles in row-major order.
private struct Matrix {
  let rows: Axis, columns: Axis
  let values: [Double]
  var m: Int { rows.size }
  var n: Int { columns.size }

  init(_ tensor: Tensor, _ rows: String, _ columns: String, _ operation: String) throws(ShapeError) {
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
    values = tensor.reordered([i, j]).floats().map(Double.init)
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
    let flat = b.reordered(others + [position]).floats()
    let count = others.reduce(1) { $0 * b.axes[$1].size }
    var values = [Double](repeating: 0, count: max(1, height * count))
    for j in 0..<count {
      for i in 0..<m {
        values[j * height + i] = Double(flat[j * m + i])
        if !flat[j * m + i].isFinite {
          throw .notSolvable(operation: operation, reason: "the right-hand side holds \(flat[j * m + i])")
        }
      }
    }
    return (values, count, shape)
  }
}
