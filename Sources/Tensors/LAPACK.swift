import COpenBLAS

/// The LAPACK calls, on column-major arrays of doubles, with their work space. Everything runs in double precision and is
/// rounded once at the end, so that the choice of kernels inside OpenBLAS hardly ever shows in f32.
enum LAPACK {
  /// OpenBLAS keeps to the calling thread: its own threads and the pool's would fight for the same processors.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// The name of the kernels OpenBLAS chose for this processor, or was told to by OPENBLAS_CORETYPE.
  static var coreName: String { String(cString: openblas_get_corename()) }

  private static func size(_ value: Int, _ operation: String) throws(ShapeError) -> Int32 {
    guard let size = Int32(exactly: value) else {
      throw .badArgument(operation: operation, argument: "a side of \(value)", expected: "less than 2³¹")
    }
    return max(size, 1)
  }

  private static func check(_ info: Int32, _ operation: String, _ positive: String) throws(ShapeError) {
    if info > 0 { throw .notSolvable(operation: operation, reason: positive) }
    if info < 0 { throw .notSolvable(operation: operation, reason: "LAPACK refused argument \(-info)") }
  }

  /// Asks a routine how much work space it wants, then runs it.
  private static func withWork(_ call: (_ work: UnsafeMutablePointer<Double>, _ count: Int32) -> Int32) -> Int32 {
    _ = singleThreaded
    var wanted = [0.0]
    let asked = call(&wanted, -1)
    if asked != 0 { return asked }
    let count = max(1, Int(wanted[0]))
    var work = [Double](repeating: 0, count: count)
    return call(&work, Int32(clamping: count))
  }

  /// a (m × n, destroyed) = u (m × k) · diag(s) · vt (k × n), k = min(m, n).
  static func svd(
    _ a: inout [Double], m: Int, n: Int
  ) throws(ShapeError) -> (u: [Double], s: [Double], vt: [Double]) {
    let k = min(m, n)
    var (m32, n32, k32) = (try size(m, "svd"), try size(n, "svd"), try size(k, "svd"))
    var (u, s, vt) = (zeros(m * k), zeros(k), zeros(k * n))
    var iwork = [Int32](repeating: 0, count: max(1, 8 * k))
    let info = withWork { work, count in
      var (count, info) = (count, Int32(0))
      dgesdd_("S", &m32, &n32, &a, &m32, &s, &u, &m32, &vt, &k32, work, &count, &iwork, &info)
      return info
    }
    try check(info, "svd", "the iteration did not converge")
    return (u, s, vt)
  }

  /// a (m × n) becomes q (m × k, returned) · r (k × n, returned), k = min(m, n).
  static func qr(_ a: inout [Double], m: Int, n: Int) throws(ShapeError) -> (q: [Double], r: [Double]) {
    let k = min(m, n)
    var (m32, n32, k32) = (try size(m, "qr"), try size(n, "qr"), try size(k, "qr"))
    var tau = zeros(k)
    var info = withWork { work, count in
      var (count, info) = (count, Int32(0))
      dgeqrf_(&m32, &n32, &a, &m32, &tau, work, &count, &info)
      return info
    }
    try check(info, "qr", "failed")
    var r = zeros(k * n)
    for j in 0..<n { for i in 0..<min(j + 1, k) { r[j * k + i] = a[j * m + i] } }
    info = withWork { work, count in
      var (count, info) = (count, Int32(0))
      dorgqr_(&m32, &k32, &k32, &a, &m32, &tau, work, &count, &info)
      return info
    }
    try check(info, "qr", "failed")
    return (Array(a[..<(m * k)]), r)
  }

  /// b (n × columns) becomes the solution of a (n × n, one triangle of it) · x = b.
  static func solveTriangular(
    _ a: [Double], _ b: inout [Double], n: Int, columns: Int, upper: Bool
  ) throws(ShapeError) {
    _ = singleThreaded
    var (n32, c32, info) = (try size(n, "solveTriangular"), try size(columns, "solveTriangular"), Int32(0))
    dtrtrs_(upper ? "U" : "L", "N", "N", &n32, &c32, a, &n32, &b, &n32, &info)
    try check(info, "solveTriangular", "the matrix is singular: it has a 0 on its diagonal")
  }

  /// Eigenvalues, ascending; a (n × n, symmetric) becomes the eigenvectors, one a column.
  static func eigh(_ a: inout [Double], n: Int) throws(ShapeError) -> [Double] {
    var n32 = try size(n, "eigh")
    var values = zeros(n)
    var integerCount = try size(3 + 5 * n, "eigh")
    var iwork = [Int32](repeating: 0, count: Int(integerCount))
    let info = withWork { work, count in
      var (count, info) = (count, Int32(0))
      dsyevd_("V", "U", &n32, &a, &n32, &values, work, &count, &iwork, &integerCount, &info)
      return info
    }
    try check(info, "eigh", "the iteration did not converge")
    return values
  }

  /// Eigenvalues of a (n × n, destroyed), in no particular order.
  static func eigenvalues(_ a: inout [Double], n: Int) throws(ShapeError) -> (real: [Double], imaginary: [Double]) {
    var (n32, one) = (try size(n, "eigenvalues"), Int32(1))
    var (real, imaginary, none) = (zeros(n), zeros(n), [0.0])
    var unused = [0.0]
    let info = withWork { work, count in
      var (count, info) = (count, Int32(0))
      dgeev_("N", "N", &n32, &a, &n32, &real, &imaginary, &none, &one, &unused, &one, work, &count, &info)
      return info
    }
    try check(info, "eigenvalues", "the iteration did not converge")
    return (real, imaginary)
  }

  /// b (n × columns) becomes the solution of a (n × n, destroyed) · x = b.
  static func solve(_ a: inout [Double], _ b: inout [Double], n: Int, columns: Int) throws(ShapeError) {
    _ = singleThreaded
    var (n32, c32, info) = (try size(n, "solve"), try size(columns, "solve"), Int32(0))
    var pivots = [Int32](repeating: 0, count: max(1, n))
    dgesv_(&n32, &c32, &a, &n32, &pivots, &b, &n32, &info)
    try check(info, "solve", "the matrix is singular; lstsq gives the shortest of the best solutions")
  }

  /// The determinant of a (n × n, destroyed).
  static func determinant(_ a: inout [Double], n: Int) throws(ShapeError) -> Double {
    if n == 0 { return 1 }
    _ = singleThreaded
    var (n32, info) = (try size(n, "determinant"), Int32(0))
    var pivots = [Int32](repeating: 0, count: n)
    dgetrf_(&n32, &n32, &a, &n32, &pivots, &info)
    if info > 0 { return 0 }
    var product = 1.0
    for i in 0..<n { product *= pivots[i] == Int32(i + 1) ? a[i * n + i] : -a[i * n + i] }
    return product
  }

  /// The shortest x that minimises |a·x − b|; b has max(m, n) rows and becomes x in its first n. Returns the rank of a, where
  /// singular values below max(m, n) · `precision` of the largest count as zero.
  static func leastSquares(
    _ a: inout [Double], _ b: inout [Double], m: Int, n: Int, columns: Int, precision: Double
  ) throws(ShapeError) -> Int {
    var (m32, n32, c32) = (try size(m, "lstsq"), try size(n, "lstsq"), try size(columns, "lstsq"))
    var tall = max(m32, n32)
    var (s, tolerance, rank) = (zeros(min(m, n)), Double(max(m, n)) * precision, Int32(0))
    var iwork = [Int32](repeating: 0, count: 64 + 40 * min(m, n))
    let info = withWork { work, count in
      var (count, info) = (count, Int32(0))
      dgelsd_(&m32, &n32, &c32, &a, &m32, &b, &tall, &s, &tolerance, &rank, work, &count, &iwork, &info)
      return info
    }
    try check(info, "lstsq", "the iteration did not converge")
    return Int(rank)
  }

  private static func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: max(1, count)) }
}
