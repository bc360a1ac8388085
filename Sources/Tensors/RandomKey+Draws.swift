extension RandomKey {
  /// Uniform in low..<high: 24 random bits for each number, 53 for each of f64, which are draws of their own.
  public func uniform(
    _ axes: [Axis], from low: Float = 0, to high: Float = 1, dtype: DType = .f32
  ) throws(ShapeError) -> Tensor {
    let (shape, width) = (try Shape.checked(axes, operation: "uniform"), Double(high) - Double(low))
    if dtype == .f64 {
      return filledInDouble(shape) {
        let value = Double(low) + width * (Double($0 >> 11) * 0x1p-53)
        return value < Double(high) || width <= 0 ? value : Double(high).nextDown
      }
    }
    return filled(shape) {
      let value = Float(Double(low) + width * (Double($0 >> 8) * 0x1p-24))
      return value < high || width <= 0 ? value : high.nextDown
    }.to(dtype)
  }

  /// Normally distributed: quantiles of 32 random bits each, of 52 for f64, which are draws of their own.
  public func normal(
    _ axes: [Axis], mean: Float = 0, deviation: Float = 1, dtype: DType = .f32
  ) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked(axes, operation: "normal")
    let (mean, deviation) = (Double(mean), Double(deviation))
    if dtype == .f64 {
      return filledInDouble(shape) { mean + deviation * normalQuantile((Double($0 >> 12) + 0.5) * 0x1p-52) }
    }
    return filled(shape) { Float(mean + deviation * normalQuantile((Double($0) + 0.5) * 0x1p-32)) }.to(dtype)
  }

  /// Integers in `range`, each equally likely.
  public func integers(_ axes: [Axis], in range: Range<Int>) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked(axes, operation: "integers")
    if range.isEmpty {
      throw .badArgument(operation: "integers", argument: "the empty range \(range)", expected: "at least one integer")
    }
    let count = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound))
    return Tensor(shape, .i64, of: Int.self) { out in
      for i in out.indices { out[i] = range.lowerBound &+ Int(truncatingIfNeeded: below(count, i)) }
    }
  }

  /// 0, 1, … size − 1 in random order (Fisher and Yates).
  public func permutation(_ axis: Axis) throws(ShapeError) -> Tensor {
    Tensor(try Shape.checked([axis], operation: "permutation"), .i64, of: Int.self) { out in
      for i in out.indices { out[i] = i }
      for i in stride(from: out.count - 1, to: 0, by: -1) { out.swapAt(i, Int(below(UInt64(i) + 1, i))) }
    }
  }

  /// `axis.size` different positions out of 0..<count, in random order.
  public func choice(of count: Int, _ axis: Axis) throws(ShapeError) -> Tensor {
    if axis.size > count || count < 0 {
      throw .badArgument(operation: "choice", argument: "\(axis.size) of \(count)", expected: "no more than there are")
    }
    return try permutation(Axis(axis.name, count)).slice(0, from: 0, count: axis.size)
      .viewed(as: try .checked([axis], operation: "choice"))
  }

  /// Orthonormal vectors in random directions: rows if there are no more rows than columns, columns otherwise. Normal draws
  /// made orthonormal by Gram and Schmidt, twice, in double precision; f32 rounds what f64 gives.
  public func orthogonal(_ rows: Axis, _ columns: Axis, dtype: DType = .f32) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked([rows, columns], operation: "orthogonal")
    let (count, length) = (min(rows.size, columns.size), max(rows.size, columns.size))
    let draws = try normal([Axis("vector", count), Axis("entry", length)]).doubles()
    let vectors = orthonormal(draws, count: count, length: length)
    let wide = rows.size <= columns.size
    return Tensor(shape, of: Double.self) { out in
      for i in 0..<count {
        for j in 0..<length { out[wide ? i * length + j : j * count + i] = vectors[i * length + j] }
      }
    }.to(dtype)
  }

  /// Two numbers from each block, in a stream of their own.
  private func filledInDouble(_ shape: Shape, _ body: (UInt64) -> Double) -> Tensor {
    Tensor(shape, of: Double.self) { out in
      inParallel((out.count + 1) / 2, grain: 2048) { blocks in
        for block in blocks {
          let (a, b, c, d) = philox(UInt64(block), 4)
          out[block * 2] = body(UInt64(a) << 32 | UInt64(b))
          if block * 2 + 1 < out.count { out[block * 2 + 1] = body(UInt64(c) << 32 | UInt64(d)) }
        }
      }
    }
  }

  private func filled(_ shape: Shape, _ body: (UInt32) -> Float) -> Tensor {
    Tensor(shape) { out in
      inParallel((out.count + 3) / 4, grain: 2048) { blocks in
        for block in blocks {
          let (a, b, c, d) = philox(UInt64(block))
          let i = block * 4
          out[i] = body(a)
          if i + 1 < out.count { out[i + 1] = body(b) }
          if i + 2 < out.count { out[i + 2] = body(c) }
          if i + 3 < out.count { out[i + 3] = body(d) }
        }
      }
    }
  }
}

/// Rows made orthonormal one after the other; each is cleared of the former ones twice, which is enough (Kahan).
private func orthonormal(_ rows: [Double], count: Int, length: Int) -> [Double] {
  var rows = rows
  rows.withUnsafeMutableBufferPointer { v in
    for i in 0..<count {
      for _ in 0..<2 {
        for j in 0..<i {
          var dot = 0.0
          for k in 0..<length { dot += v[i * length + k] * v[j * length + k] }
          for k in 0..<length { v[i * length + k] -= dot * v[j * length + k] }
        }
        var square = 0.0
        for k in 0..<length { square += v[i * length + k] * v[i * length + k] }
        let scale = 1 / square.squareRoot()
        for k in 0..<length { v[i * length + k] *= scale }
      }
    }
  }
  return rows
}
