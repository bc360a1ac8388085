/// Matrices whose vectors along one axis are orthonormal, made from any matrix `[count, length]` with count ≤ length. All of
/// this runs in double precision and is rounded to f32 at the end, unless the matrix is f64.
extension Tensor {
  /// The vectors along `name` made orthonormal one after the other: the transpose of q in the QR decomposition of the
  /// transpose, with a diagonal of r that is not negative, so that a small change of the matrix is a small change of the
  /// result.
  public func orthonormalRowsByQR(over name: String) throws(ShapeError) -> Tensor {
    let count = try shape.other(than: name, for: "orthonormalRowsByQR")
    let q = try qr(rows: name, columns: count.name, into: name + " of q").q
    return try q.rename(name + " of q", to: count.name).reorder(shape.names)
  }

  /// The first columns of a product of Householder reflections, one for each vector along `name`: vector i, with 1 at place
  /// i and 0 before it, is turned around in I − 2vvᵀ/|v|². Entry i of vector i gives only a sign, which row i of the result
  /// has.
  ///
  /// This is what `torch.nn.utils.parametrizations.orthogonal(…, orthogonal_map="householder")` computes: with
  /// `use_trivialization=False` where there is no `start`, and as by default with one, but for the choice of basis, the rest
  /// of which torch draws. Every value of the other entries gives an orthonormal matrix.
  ///
  /// - Parameter start: a matrix of this shape with orthonormal vectors, which begin the basis that the reflections act in
  ///   (the rest of it are the last columns of the product of its own reflections). It is the result where this matrix is −1
  ///   on the diagonal and 0 elsewhere.
  public func orthonormalRowsByHouseholder(over name: String, from start: Tensor? = nil) throws(ShapeError) -> Tensor {
    let basis = try start?.reflections(name, like: self)
    return try householderRows(name, "orthonormalRowsByHouseholder") {
      var rows = Reflections($0, $1, $2).product()
      basis?.complete(&rows)
      return rows
    }
  }

  /// The matrix from which `orthonormalRowsByHouseholder` makes this one, whose vectors along `name` are orthonormal
  /// already, with the signs on the diagonal that torch chooses.
  public func householderParameters(over name: String) throws(ShapeError) -> Tensor {
    try householderRows(name, "householderParameters") { Reflections.parameters(of: $0, $1, $2) }
  }

  /// The gradient of `orthonormalRowsByHouseholder` at this matrix for a `gradient` of its result.
  public func householderGradient(
    _ gradient: Tensor, over name: String, from start: Tensor? = nil
  ) throws(ShapeError) -> Tensor {
    let count = try shape.other(than: name, for: "householderGradient")
    let basis = try start?.reflections(name, like: self)
    var passed = try gradient.reorder([count.name, name]).doubles()
    basis?.reduce(&passed)
    return try householderRows(name, "householderGradient") { Reflections($0, $1, $2).gradient(passed) }
  }

  /// The reflections that make this orthonormal matrix.
  private func reflections(_ name: String, like other: Tensor) throws(ShapeError) -> Reflections {
    if Set(shape.names) != Set(other.shape.names) || shape.count != other.count {
      throw .mismatch(operation: "orthonormalRowsByHouseholder", expected: "a start \(other.shape)", found: shape)
    }
    let count = try other.shape.other(than: name, for: "orthonormalRowsByHouseholder")
    let raw = try householderParameters(over: name).reorder([count.name, name])
    return Reflections(raw.doubles(), count.size, raw.axes[1].size)
  }

  private func householderRows(
    _ name: String, _ operation: String, _ body: (_ rows: [Double], _ count: Int, _ length: Int) -> [Double]
  ) throws(ShapeError) -> Tensor {
    let count = try shape.other(than: name, for: operation)
    let rows = try reorder([count.name, name])
    let made = body(rows.doubles(), count.size, rows.axes[1].size)
    return try Tensor(rows.shape, of: Double.self) { _ = $0.update(fromContentsOf: made) }.to(.computed(dtype))
      .reorder(shape.names)
  }
}

extension Shape {
  /// The other axis of a matrix that has no more vectors along `name` than they are long.
  fileprivate func other(than name: String, for operation: String) throws(ShapeError) -> Axis {
    let position = try position(of: name, for: operation)
    guard rank == 2, axes[1 - position].size <= axes[position].size else {
      throw .mismatch(
        operation: operation, expected: "a matrix with axis \(name) and another that is no longer", found: self)
    }
    return axes[1 - position]
  }
}

/// A product of reflections H₀·H₁·… applied to the first columns of the identity, one reflection for each.
private struct Reflections {
  let count: Int, length: Int
  /// `[count, length]`: vector i with 1 at i and 0 before.
  let vectors: [Double]
  /// 2/|v|²
  let factors: [Double]
  let signs: [Double]

  init(_ raw: [Double], _ count: Int, _ length: Int) {
    (self.count, self.length) = (count, length)
    var vectors = raw
    for i in 0..<count {
      for j in 0..<i { vectors[i * length + j] = 0 }
      vectors[i * length + i] = 1
    }
    self.vectors = vectors
    factors = (0..<count).map { 2 / dot(vectors, $0 * length, vectors, $0 * length, length) }
    signs = (0..<count).map { raw[$0 * length + $0] < 0 ? -1 : 1 }
  }

  /// The result's columns as rows.
  func product() -> [Double] {
    var columns = [Double](repeating: 0, count: count * length)
    for i in 0..<count { columns[i * length + i] = 1 }
    for i in (0..<count).reversed() { reflect(&columns, by: i) }
    return signed(columns)
  }

  /// Each reflection is its own inverse, so that what it acted on is found again on the way back.
  func gradient(_ gradient: [Double]) -> [Double] {
    var (columns, passed) = (signed(product()), signed(gradient))
    var result = [Double](repeating: 0, count: count * length)
    for i in 0..<count {
      reflect(&columns, by: i)
      let (v, factor) = (i * length, factors[i])
      var both = 0.0
      for row in stride(from: 0, to: count * length, by: length) {
        let (along, across) = (dot(vectors, v, columns, row, length), dot(vectors, v, passed, row, length))
        both += along * across
        for j in i + 1..<length { result[v + j] -= factor * (along * passed[row + j] + across * columns[row + j]) }
      }
      for j in i + 1..<length { result[v + j] += factor * factor * both * vectors[v + j] }
      reflect(&passed, by: i)
    }
    return result
  }

  /// Rows in the standard basis as rows in the basis whose first vectors are `product`.
  func complete(_ rows: inout [Double]) {
    rows = signedEntries(rows)
    for i in (0..<count).reversed() { reflect(&rows, by: i) }
  }

  /// The transpose of `complete`.
  func reduce(_ rows: inout [Double]) {
    for i in 0..<count { reflect(&rows, by: i) }
    rows = signedEntries(rows)
  }

  private func signedEntries(_ rows: [Double]) -> [Double] {
    var result = rows
    for start in stride(from: 0, to: rows.count, by: length) { for i in 0..<count { result[start + i] *= signs[i] } }
    return result
  }

  private func signed(_ columns: [Double]) -> [Double] {
    var result = columns
    for i in 0..<count where signs[i] < 0 {
      for j in i * length..<(i + 1) * length { result[j] = -result[j] }
    }
    return result
  }

  /// (I − factor·v·vᵀ) on each row.
  private func reflect(_ rows: inout [Double], by i: Int) {
    for row in 0..<count { turn(&rows, row * length, by: vectors, i * length, factors[i], length) }
  }

  /// Householder's triangularisation of the transpose of `rows`, as LAPACK's `dgeqrf` does it.
  static func parameters(of rows: [Double], _ count: Int, _ length: Int) -> [Double] {
    var (rest, result) = (rows, [Double](repeating: 0, count: count * length))
    for i in 0..<count {
      let (start, place) = (i * length, i * length + i)
      let (first, below) = (rest[place], dot(rest, place + 1, rest, place + 1, length - i - 1))
      guard below > 0 else {
        // LAPACK leaves such a column alone, whereas a reflection by the unit vector turns its sign.
        result[place] = first < 0 ? 1 : -1
        continue
      }
      let corner = (first * first + below).squareRoot() * (first < 0 ? 1 : -1)
      for j in i + 1..<length { result[start + j] = rest[start + j] / (first - corner) }
      result[place] = 1
      let factor = 2 / dot(result, start, result, start, length)
      for row in i + 1..<count { turn(&rest, row * length, by: result, start, factor, length) }
      result[place] = corner < 0 ? -1 : 1
    }
    return result
  }
}

private func dot(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int, _ count: Int) -> Double {
  var sum = 0.0
  for k in 0..<count { sum += a[i + k] * b[j + k] }
  return sum
}

/// row − factor·(vector·row)·vector
private func turn(
  _ rows: inout [Double], _ row: Int, by vectors: [Double], _ vector: Int, _ factor: Double, _ length: Int
) {
  let share = factor * dot(vectors, vector, rows, row, length)
  for j in 0..<length { rows[row + j] -= share * vectors[vector + j] }
}
