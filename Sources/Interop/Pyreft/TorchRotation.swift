import Tensors

/// What `torch.nn.utils.parametrizations.orthogonal` makes of a tall matrix: Householder reflections, then a fixed base.
///
///     v_i = e_i + X[i+1…, i]     H_i = I − 2 v_i v_iᵀ / |v_i|²     columns = B · H_0 H_1 … H_{r−1} · I[:, …r] · diag(X)
///
/// Computed in f64 and rounded once.
enum TorchRotation {
  /// - Parameters:
  ///   - original: X, `[model, rank]`, taller than wide.
  ///   - base: B, `[model, column]`, square; nil for the identity.
  /// - Returns: the columns as rows, `[rank, model]`, f32.
  static func rows(of original: Tensor, base: Tensor?) -> Tensor {
    let (width, rank) = (original.axes[0].size, original.axes[1].size)
    let stored = original.floats()
    // Column by column, each of `width` numbers.
    var columns = [[Double]](repeating: [Double](repeating: 0, count: width), count: rank)
    for column in 0..<rank { columns[column][column] = 1 }
    for reflection in (0..<rank).reversed() {
      var axis = [Double](repeating: 0, count: width)
      axis[reflection] = 1
      for row in (reflection + 1)..<width { axis[row] = Double(stored[row * rank + reflection]) }
      let square = axis.reduce(0) { $0 + $1 * $1 }
      for column in 0..<rank {
        var product = 0.0
        for row in reflection..<width { product += axis[row] * columns[column][row] }
        let share = 2 * product / square
        for row in reflection..<width { columns[column][row] -= share * axis[row] }
      }
    }
    // Only the integer part of the diagonal counts, which is ±1.
    for column in 0..<rank {
      let sign = stored[column * rank + column].rounded(.towardZero)
      for row in 0..<width { columns[column][row] *= Double(sign) }
    }
    if let base {
      columns = base.withFloats { base in
        columns.map { column in
          (0..<width).map { row in
            var sum = 0.0
            for inner in 0..<width { sum += Double(base[row * width + inner]) * column[inner] }
            return sum
          }
        }
      }
    }
    return Tensor([Axis("rank", rank), Axis("model", width)], columns.flatMap { $0.map(Float.init) })
  }

  /// A square orthogonal matrix whose first columns are `rows`, as torch wants it for a base: `[model, column]`, f32.
  ///
  /// - Parameter rows: `[rank, model]`, orthonormal.
  static func base(extending rows: Tensor) -> Tensor {
    let (rank, width) = (rows.axes[0].size, rows.axes[1].size)
    let given = rows.floats().map(Double.init)
    // Reflections that take the rows to unit vectors, one after the other; their product takes unit vectors back.
    var columns = (0..<rank).map { Array(given[$0 * width..<($0 + 1) * width]) }
    var reflections: [[Double]] = []
    var signs: [Double] = []
    for column in 0..<rank {
      var axis = columns[column]
      for row in 0..<column { axis[row] = 0 }
      let length = axis.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let sign: Double = axis[column] < 0 ? 1 : -1
      signs.append(sign)
      axis[column] -= sign * length
      let square = axis.reduce(0) { $0 + $1 * $1 }
      reflections.append(axis.map { square > 0 ? $0 * (2 / square).squareRoot() : 0 })
      for other in column..<rank { Self.reflect(&columns[other], reflections[column]) }
    }
    var base = [Float](repeating: 0, count: width * width)
    for column in 0..<width {
      var image = [Double](repeating: 0, count: width)
      image[column] = column < rank ? signs[column] : 1
      for reflection in reflections.reversed() { Self.reflect(&image, reflection) }
      // The given numbers themselves, not what rounding makes of them.
      for row in 0..<width {
        base[row * width + column] = column < rank ? Float(given[column * width + row]) : Float(image[row])
      }
    }
    return Tensor([Axis("model", width), Axis("column", width)], base)
  }

  private static func reflect(_ vector: inout [Double], _ axis: [Double]) {
    var product = 0.0
    for index in vector.indices { product += vector[index] * axis[index] }
    for index in vector.indices { vector[index] -= product * axis[index] }
  }
}
