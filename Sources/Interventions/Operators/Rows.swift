import Tensors

/// Σ aᵢ bᵢ in one fixed order, whatever the machine: a row's result never depends on the rows around it.
func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
  var sums = SIMD8<Float>.zero
  let whole = count & ~7
  let rawA = UnsafeRawPointer(a)
  let rawB = UnsafeRawPointer(b)
  for start in stride(from: 0, to: whole, by: 8) {
    sums +=
      rawA.loadUnaligned(fromByteOffset: start * 4, as: SIMD8<Float>.self)
      * rawB.loadUnaligned(fromByteOffset: start * 4, as: SIMD8<Float>.self)
  }
  var sum = sums.sum()
  for index in whole..<count { sum += a[index] * b[index] }
  return sum
}

/// y += α x
func accumulate(_ alpha: Float, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ count: Int) {
  for index in 0..<count { y[index] += alpha * x[index] }
}

/// The rows of a matrix made orthonormal in their order, each pointing the way it did.
///
/// That is QR of the transposed matrix with positive diagonal, computed by Gram–Schmidt twice over in f64, so that
/// the bits are the same on every machine. A row that depends on those before it is left out.
///
/// - Parameter rows: row-major, `width` values each.
/// - Returns: at most as many rows, and the indices of those kept.
func orthonormalRows(_ rows: [Float], width: Int) -> (rows: [Float], kept: [Int]) {
  var basis: [[Double]] = []
  var kept: [Int] = []
  guard width > 0 else { return ([], []) }
  for start in stride(from: 0, through: rows.count - width, by: width) {
    var row = rows[start..<start + width].map(Double.init)
    let before = norm(row)
    for _ in 0..<2 {
      for other in basis {
        var overlap = 0.0
        for index in 0..<width { overlap += row[index] * other[index] }
        for index in 0..<width { row[index] -= overlap * other[index] }
      }
    }
    let length = norm(row)
    // What is left of a dependent row is rounding noise of f32 inputs.
    guard length > before * 1e-6, length.isFinite else { continue }
    basis.append(row.map { $0 / length })
    kept.append(start / width)
  }
  return (basis.flatMap { $0.map(Float.init) }, kept)
}

private func norm(_ row: [Double]) -> Double { row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
