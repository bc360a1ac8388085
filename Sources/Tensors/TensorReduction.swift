/// One number out of many, along named axes, or over all of them when none is named. Sums run in double precision in eight
/// lanes over the reduced elements in row-major order: the same bits for every number of threads.
extension Tensor {
  public func sum(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    if dtype == .i64 { return try integerSum(names) }
    return try reduced(names, "sum") { Float(total($0)) }
  }
  /// NaN over no elements.
  public func mean(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "mean") { Float(total($0) / Double($0.count)) }
  }
  /// The mean squared distance from the mean; `correction` is taken from the count (1 for a sample's estimate).
  public func variance(over names: [String]? = nil, correction: Int = 0) throws(ShapeError) -> Tensor {
    try reduced(names, "variance") { Float(spread($0, correction)) }
  }
  public func standardDeviation(over names: [String]? = nil, correction: Int = 0) throws(ShapeError) -> Tensor {
    try reduced(names, "standardDeviation") { Float(spread($0, correction).squareRoot()) }
  }
  /// √Σx².
  public func norm(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "norm") { Float(totalOfSquares($0, around: 0).squareRoot()) }
  }
  public func product(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "product") { Float($0.reduce(1.0) { $0 * Double($1) }) }
  }
  /// NaN if any element is.
  public func minimum(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try extreme(names, "minimum") { $0 < $1 }
  }
  public func maximum(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try extreme(names, "maximum") { $0 > $1 }
  }
  /// The middle value, or the mean of the middle two; NaN if any element is.
  public func median(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "median", atLeastOne: true) { row in
      if let nan = row.first(where: \.isNaN) { return nan }
      let sorted = row.sorted()
      let half = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[half] : Float((Double(sorted[half - 1]) + Double(sorted[half])) / 2)
    }
  }
  /// Position of the smallest element along an axis, the first of equals; a NaN counts as smallest. Integers.
  public func argmin(over name: String) throws(ShapeError) -> Tensor { try positionOfBest(name, "argmin") { $0 < $1 } }
  /// Position of the largest element along an axis, the first of equals; a NaN counts as largest. Integers.
  public func argmax(over name: String) throws(ShapeError) -> Tensor { try positionOfBest(name, "argmax") { $0 > $1 } }

  /// log Σ eˣ, without overflow.
  public func logSumExp(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "logSumExp") { Float(logTotalOfExponentials($0)) }
  }

  public func any(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try maskReduced(names, "any") { $0.contains(true) }
  }
  public func all(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try maskReduced(names, "all") { !$0.contains(false) }
  }

  /// Sums up to each position along an axis.
  public func cumulativeSum(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(name, "cumulativeSum") { row, out in
      var sum = 0.0
      for i in row.indices {
        sum += Double(row[i])
        out[i] = Float(sum)
      }
    }
  }

  // MARK: Rows

  /// This tensor in f32 with the named axes last, the shape of what is left, and how long a row is.
  private func rows(
    _ names: [String]?, _ operation: String
  ) throws(ShapeError) -> (rows: Tensor, left: Shape, length: Int) {
    let over = try names.map { (names) throws(ShapeError) in try shape.positions(of: names, for: operation) }
    let reduced = over ?? Array(axes.indices)
    let left = shape.dropping(reduced)
    let kept = axes.indices.filter { !reduced.contains($0) }
    return (reordered(kept + reduced.sorted()), left, reduced.reduce(1) { $0 * axes[$1].size })
  }

  @inline(__always)
  func reduced(
    _ names: [String]?, _ operation: String, atLeastOne: Bool = false, _ body: (UnsafeBufferPointer<Float>) -> Float
  ) throws(ShapeError) -> Tensor {
    let (moved, left, length) = try rows(names, operation)
    if atLeastOne, length == 0, left.count > 0 { throw .empty(operation: operation, shape: shape) }
    let rows = moved.to(.f32)
    return Tensor(left) { out in
      rows.withFloats { values in
        inParallel(out.count, grain: max(1, 16384 / max(length, 1))) {
          for row in $0 { out[row] = body(UnsafeBufferPointer(rebasing: values[row * length..<(row + 1) * length])) }
        }
      }
    }
  }

  private func extreme(
    _ names: [String]?, _ operation: String, _ better: (Float, Float) -> Bool
  ) throws(ShapeError) -> Tensor {
    let result = try reduced(names, operation, atLeastOne: true) { row in
      var best = row[0]
      for value in row where better(value, best) || value.isNaN { best = value.isNaN || !best.isNaN ? value : best }
      return best
    }
    return dtype == .i64 ? result.to(.i64) : result
  }

  private func integerSum(_ names: [String]?) throws(ShapeError) -> Tensor {
    let (moved, left, length) = try rows(names, "sum")
    let values = try moved.integers()
    var overflowed = false
    let sums = Tensor(left, .i64, of: Int.self) { out in
      for row in out.indices {
        var sum = 0
        for value in values[row * length..<(row + 1) * length] {
          let (next, overflow) = sum.addingReportingOverflow(value)
          sum = next
          overflowed = overflowed || overflow
        }
        out[row] = sum
      }
    }
    if overflowed {
      throw .badArgument(
        operation: "sum", argument: "the sum does not fit 64 bits", expected: "floats, or fewer numbers")
    }
    return sums
  }

  private func positionOfBest(
    _ name: String, _ operation: String, _ better: (Float, Float) -> Bool
  ) throws(ShapeError) -> Tensor {
    let (moved, left, length) = try rows([name], operation)
    if length == 0, left.count > 0 { throw .empty(operation: operation, shape: shape) }
    let rows = moved.to(.f32)
    return Tensor(left, .i64, of: Int.self) { out in
      rows.withFloats { values in
        for row in out.indices {
          let row0 = row * length
          var best = 0
          for i in 0..<length {
            if values[row0 + i].isNaN {
              best = i
              break
            }
            if better(values[row0 + i], values[row0 + best]) { best = i }
          }
          out[row] = best
        }
      }
    }
  }

  private func maskReduced(
    _ names: [String]?, _ operation: String, _ body: (ArraySlice<Bool>) -> Bool
  ) throws(ShapeError) -> Tensor {
    let (moved, left, length) = try rows(names, operation)
    let values = try moved.booleans(operation)
    return Tensor(left, .bool, of: Bool.self) { out in
      for row in out.indices { out[row] = body(values[row * length..<(row + 1) * length]) }
    }
  }

  /// Applies `body` to every row along one axis; the result has this tensor's axes in their order.
  @inline(__always)
  func alongRows(
    _ name: String, _ operation: String,
    _ body: (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(ShapeError) -> Tensor {
    let position = try shape.position(of: name, for: operation)
    let kept = axes.indices.filter { $0 != position }
    let rows = reordered(kept + [position]).to(.f32)
    let length = axes[position].size
    let result = Tensor(rows.shape) { out in
      rows.withFloats { values in
        inParallel(length == 0 ? 0 : values.count / length, grain: max(1, 8192 / max(length, 1))) {
          for row in $0 {
            let range = row * length..<(row + 1) * length
            body(UnsafeBufferPointer(rebasing: values[range]), UnsafeMutableBufferPointer(rebasing: out[range]))
          }
        }
      }
    }
    var back = [Int](repeating: 0, count: axes.count)
    for (i, axis) in (kept + [position]).enumerated() { back[axis] = i }
    return result.reordered(back)
  }
}
