/// Matrices are tensors of two axes, named in the call: `rows` index equations or samples, `columns` unknowns or features.
/// Computed in double precision; rounded to f32 at the end unless a matrix is f64.
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
    if k == 0 { return (matrix.empty(shapes.0), matrix.empty(Shape([inner])), matrix.empty(shapes.1)) }
    // A row-major matrix is its transpose in column-major order, and the factors come back transposed and swapped.
    var a = matrix.values
    let (v, s, u) = try LAPACK.svd(&a, m: n, n: m)
    let signs = (0..<k).map { largestIsNegative(v[$0 * n..<($0 + 1) * n]) ? -1.0 : 1.0 }
    return (
      matrix.result(shapes.0) { i, j in signs[j] * u[i * k + j] },
      matrix.result(Shape([inner])) { i, _ in s[i] },
      matrix.result(shapes.1) { i, j in signs[i] * v[i * n + j] }
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
    if k == 0 { return (matrix.empty(shapes.0), matrix.empty(shapes.1)) }
    var a = matrix.columnMajor
    let (q, r) = try LAPACK.qr(&a, m: m, n: n)
    let signs = (0..<k).map { r[$0 * k + $0] < 0 ? -1.0 : 1.0 }
    return (
      matrix.result(shapes.0) { i, j in signs[j] * q[j * m + i] },
      matrix.result(shapes.1) { i, j in signs[i] * r[j * k + i] }
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
    if n == 0 { return (matrix.empty(Shape([inner])), matrix.empty(shape)) }
    var a = matrix.values
    for i in 0..<n { for j in 0..<i { a[i * n + j] = (a[i * n + j] + a[j * n + i]) / 2 } }
    for i in 0..<n { for j in 0..<i { a[j * n + i] = a[i * n + j] } }
    let values = try LAPACK.eigh(&a, n: n)
    let signs = (0..<n).map { largestIsNegative(a[$0 * n..<($0 + 1) * n]) ? -1.0 : 1.0 }
    return (
      matrix.result(Shape([inner])) { i, _ in values[i] },
      matrix.result(shape) { i, j in signs[i] * a[i * n + j] }
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
      matrix.result(shape) { i, _ in real[order[i]] }, matrix.result(shape) { i, _ in imaginary[order[i]] }
    )
  }

  /// x with self · x = b.
  ///
  /// - Parameter b: `[rows, …]`.
  /// - Returns: `[columns, …]`.
  public func solve(_ b: Tensor, rows: String, columns: String) throws(ShapeError) -> Tensor {
    let matrix = try Matrix(self, rows, columns, "solve", beside: b).square("solve")
    var (right, count, shape) = try matrix.rightHandSide(b, height: matrix.n, "solve")
    var a = matrix.columnMajor
    if matrix.n > 0, count > 0 { try LAPACK.solve(&a, &right, n: matrix.n, columns: count) }
    return matrix.result(shape) { i, j in right[j * matrix.n + i] }
  }

  /// x with self · x = b, for a triangular matrix; the other triangle is not read. The transposed system is had by exchanging
  /// `rows` and `columns`, which exchanges the triangles too.
  ///
  /// - Parameters:
  ///   - b: `[rows, …]`.
  ///   - upper: whether the triangle lies on and above the diagonal, or on and below it.
  /// - Returns: `[columns, …]`.
  public func solveTriangular(
    _ b: Tensor, rows: String, columns: String, upper: Bool
  ) throws(ShapeError) -> Tensor {
    let matrix = try Matrix(self, rows, columns, "solveTriangular", beside: b).square("solveTriangular")
    let n = matrix.n
    var (right, count, shape) = try matrix.rightHandSide(b, height: n, "solveTriangular")
    if n > 0, count > 0 {
      try LAPACK.solveTriangular(matrix.columnMajor, &right, n: n, columns: count, upper: upper)
    }
    return matrix.result(shape) { i, j in right[j * n + i] }
  }

  /// The shortest x that minimises |self · x − b|, and the rank of self (singular values below max(m, n)·2⁻²⁴ of the largest,
  /// or max(m, n)·2⁻⁵³ where the result is f64, count as zero).
  ///
  /// - Parameter b: `[rows, …]`.
  /// - Returns: x `[columns, …]`.
  public func lstsq(_ b: Tensor, rows: String, columns: String) throws(ShapeError) -> (x: Tensor, rank: Int) {
    let matrix = try Matrix(self, rows, columns, "lstsq", beside: b)
    let height = max(matrix.m, matrix.n)
    var (right, count, shape) = try matrix.rightHandSide(b, height: height, "lstsq")
    var (a, rank) = (matrix.columnMajor, 0)
    if matrix.m > 0, matrix.n > 0, count > 0 {
      rank = try LAPACK.leastSquares(
        &a, &right, m: matrix.m, n: matrix.n, columns: count, precision: matrix.dtype == .f64 ? 0x1p-53 : 0x1p-24)
    }
    return (matrix.result(shape) { i, j in right[j * height + i] }, rank)
  }

  /// - Returns: `[columns, rows]`.
  public func inverse(rows: String, columns: String) throws(ShapeError) -> Tensor {
    let matrix = try Matrix(self, rows, columns, "inverse").square("inverse")
    let n = matrix.n
    var a = matrix.columnMajor
    var identity = [Double](repeating: 0, count: max(1, n * n))
    for i in 0..<n { identity[i * n + i] = 1 }
    if n > 0 { try LAPACK.solve(&a, &identity, n: n, columns: n) }
    return matrix.result(Shape([matrix.columns, matrix.rows])) { i, j in identity[j * n + i] }
  }

  public func determinant(rows: String, columns: String) throws(ShapeError) -> Tensor {
    let matrix = try Matrix(self, rows, columns, "determinant").square("determinant")
    var a = matrix.values
    return Tensor(try LAPACK.determinant(&a, n: matrix.n), dtype: matrix.dtype)
  }
}

private func largestIsNegative(_ row: ArraySlice<Double>) -> Bool {
  var best = 0.0
  // A clear margin decides, so that two entries equal but for rounding do not.
  for value in row where abs(value) > abs(best) * 1.000001 { best = value }
  return best < 0
}
