/// One number out of many, along named axes, or over all of them when none is named. Sums run in double precision in eight
/// lanes over the reduced elements in row-major order: the same bits for every number of threads. Results are f64 for f64 and f32
/// otherwise, where nothing else is said.
extension Tensor {
  public func sum(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    if dtype == .i64 { return try integerSum(names) }
    return try reduced(names, "sum", total, total)
  }
  /// NaN over no elements.
  public func mean(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "mean", average, average)
  }
  /// The mean squared distance from the mean; `correction` is taken from the count (1 for a sample's estimate).
  public func variance(over names: [String]? = nil, correction: Int = 0) throws(ShapeError) -> Tensor {
    try reduced(names, "variance", { spread($0, correction) }, { spread($0, correction) })
  }
  public func standardDeviation(over names: [String]? = nil, correction: Int = 0) throws(ShapeError) -> Tensor {
    try reduced(
      names, "standardDeviation", { spread($0, correction).squareRoot() }, { spread($0, correction).squareRoot() })
  }
  /// √Σx².
  public func norm(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "norm", euclideanNorm, euclideanNorm)
  }
  public func product(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "product", productOfAll, productOfAll)
  }
  /// NaN if any element is.
  public func minimum(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try extreme(names, "minimum", largest: false)
  }
  public func maximum(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try extreme(names, "maximum", largest: true)
  }
  /// The middle value, or the mean of the middle two; NaN if any element is.
  public func median(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "median", atLeastOne: true, middle, middle)
  }
  /// Position of the smallest element along an axis, the first of equals; a NaN counts as smallest. Integers.
  public func argmin(over name: String) throws(ShapeError) -> Tensor {
    try positionOfBest(name, "argmin", largest: false)
  }
  /// Position of the largest element along an axis, the first of equals; a NaN counts as largest. Integers.
  public func argmax(over name: String) throws(ShapeError) -> Tensor {
    try positionOfBest(name, "argmax", largest: true)
  }

  /// log Σ eˣ, without overflow.
  public func logSumExp(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "logSumExp", logTotalOfExponentials, logTotalOfExponentials)
  }

  public func any(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try maskReduced(names, "any") { $0.contains(true) }
  }
  public func all(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try maskReduced(names, "all") { !$0.contains(false) }
  }

  /// Sums up to each position along an axis.
  public func cumulativeSum(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(name, "cumulativeSum", accumulate, accumulate)
  }

  private func extreme(_ names: [String]?, _ operation: String, largest: Bool) throws(ShapeError) -> Tensor {
    let result = try reduced(
      names, operation, atLeastOne: true, { Double($0[place(in: $0, largest: largest)]) },
      { $0[place(in: $0, largest: largest)] })
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

  private func positionOfBest(_ name: String, _ operation: String, largest: Bool) throws(ShapeError) -> Tensor {
    let (rows, left, length) = try rows([name], operation)
    if length == 0, left.count > 0 { throw .empty(operation: operation, shape: shape) }
    return dtype == .f64
      ? rows.places(Double.self, left, length, largest: largest)
      : rows.places(Float.self, left, length, largest: largest)
  }

  private func places<Element: Real>(
    _ type: Element.Type, _ left: Shape, _ length: Int, largest: Bool
  ) -> Tensor {
    Tensor(left, .i64, of: Int.self) { out in
      withElements(as: Element.self) { values in
        for row in out.indices {
          out[row] = place(
            in: UnsafeBufferPointer(rebasing: values[row * length..<(row + 1) * length]), largest: largest)
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
}

/// Where the largest or the smallest element stands, the first of equals; a NaN is both.
@specialized(where Element == Float)
@specialized(where Element == Double)
private func place<Element: Real>(in row: UnsafeBufferPointer<Element>, largest: Bool) -> Int {
  var best = 0
  if largest {
    for i in row.indices {
      if row[i].isNaN { return i }
      if row[i] > row[best] { best = i }
    }
  } else {
    for i in row.indices {
      if row[i].isNaN { return i }
      if row[i] < row[best] { best = i }
    }
  }
  return best
}

private func accumulate<Element: Real>(
  _ row: UnsafeBufferPointer<Element>, _ out: UnsafeMutableBufferPointer<Element>
) {
  var sum = 0.0
  for i in row.indices {
    sum += Double(row[i])
    out[i] = Element(sum)
  }
}
