/// Triangles and reflections: the pieces of a QR factorisation.
extension Tensor {
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

  /// The reflectors of a QR factorisation: self = H₁ ⋯ H_k · r with Hᵢ = 1 − τᵢ vᵢ vᵢᵀ.
  ///
  /// - Returns: reflectors `[rows, columns]`: vᵢ below the diagonal of column i, where a 1 is left out, and r on and above it;
  ///   tau `[component]`, with min(rows, columns) components.
  public func householder(
    rows: String, columns: String, into component: String = "component"
  ) throws(ShapeError) -> (reflectors: Tensor, tau: Tensor) {
    let matrix = try Matrix(self, rows, columns, "householder")
    let m = matrix.m
    let shapes = (Shape([matrix.rows, matrix.columns]), Shape([Axis(component, min(m, matrix.n))]))
    if shapes.1.count == 0 { return (matrix.empty(shapes.0), matrix.empty(shapes.1)) }
    var a = matrix.columnMajor
    let tau = try LAPACK.householder(&a, m: m, n: matrix.n)
    return (matrix.result(shapes.0) { i, j in a[j * m + i] }, matrix.result(shapes.1) { i, _ in tau[i] })
  }

  /// The first columns of H₁ ⋯ H_k with Hᵢ = 1 − τᵢ vᵢ vᵢᵀ; vᵢ stands below the diagonal of column i of this tensor, where a 1
  /// is left out. What stands on and above the diagonal is not read (LAPACK's dorgqr; `torch.linalg.householder_product`).
  ///
  /// - Parameter tau: τ, along one axis of any name, no longer than `columns`.
  /// - Returns: `[rows, columns]`; no more columns than rows.
  public func householderProduct(_ tau: Tensor, rows: String, columns: String) throws(ShapeError) -> Tensor {
    let operation = "householderProduct"
    let matrix = try Matrix(self, rows, columns, operation, beside: tau)
    let (m, n) = (matrix.m, matrix.n)
    if n > m {
      throw .mismatch(operation: operation, expected: "no more \(columns) than \(rows)", found: shape)
    }
    if tau.shape.rank != 1 || tau.count > n {
      throw .mismatch(operation: operation, expected: "tau with one axis of at most \(n)", found: tau.shape)
    }
    let factors = tau.doubles()
    if let bad = factors.first(where: { !$0.isFinite }) {
      throw .notSolvable(operation: operation, reason: "tau holds \(bad)")
    }
    if n == 0 { return matrix.empty(Shape([matrix.rows, matrix.columns])) }
    var a = matrix.columnMajor
    try LAPACK.householderProduct(&a, factors, m: m, n: n)
    return matrix.result(Shape([matrix.rows, matrix.columns])) { i, j in a[j * m + i] }
  }
}
