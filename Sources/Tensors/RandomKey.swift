/// Where random numbers come from: a key, and a counter that says which number. Nothing is kept between draws, so a number
/// depends only on the key and its place, on every machine and for every number of threads.
///
/// The generator is Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
public struct RandomKey: Hashable, Sendable {
  public let word: UInt64

  public init(seed: UInt64) { word = seed }

  /// A key for a part of the work, independent of this one and of other parts'.
  public func fold(_ part: UInt64) -> RandomKey {
    let (a, b, _, _) = philox(part, 1)
    return RandomKey(seed: UInt64(a) << 32 | UInt64(b))
  }

  /// A key for a named part of the work.
  public func fold(_ name: String) -> RandomKey {
    // FNV-1a, 64 bits; then told apart from numbered parts by the third counter word.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let (a, b, _, _) = philox(hash, 2)
    return RandomKey(seed: UInt64(a) << 32 | UInt64(b))
  }

  /// Four random words for a place in one of several streams.
  public func philox(_ place: UInt64, _ stream: UInt32 = 0) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = (UInt32(truncatingIfNeeded: place), UInt32(place >> 32), stream, UInt32(0))
    var (k0, k1) = (UInt32(truncatingIfNeeded: word), UInt32(word >> 32))
    for _ in 0..<10 {
      let (high0, low0) = c0.words(times: 0xD251_1F53)
      let (high1, low1) = c2.words(times: 0xCD9E_8D57)
      (c0, c1, c2, c3) = (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0)
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }

  /// 64 random bits for element `index`.
  private func bits64(_ index: Int) -> UInt64 {
    let (a, b, _, _) = philox(UInt64(index), 3)
    return UInt64(a) << 32 | UInt64(b)
  }

  /// A number in 0..<`count` for element `index`, each equally likely but for a part in 2⁶⁴/count.
  private func below(_ count: UInt64, _ index: Int) -> UInt64 { bits64(index).multipliedFullWidth(by: count).high }
}

extension UInt32 {
  fileprivate func words(times factor: UInt32) -> (high: UInt32, low: UInt32) {
    let product = UInt64(self) * UInt64(factor)
    return (UInt32(product >> 32), UInt32(truncatingIfNeeded: product))
  }
}

extension RandomKey {
  /// Uniform in low..<high.
  public func uniform(_ axes: [Axis], from low: Float = 0, to high: Float = 1) throws(ShapeError) -> Tensor {
    let (shape, width) = (try Shape.checked(axes, operation: "uniform"), Double(high) - Double(low))
    return filled(shape) {
      let value = Float(Double(low) + width * (Double($0 >> 8) * 0x1p-24))
      return value < high || width <= 0 ? value : high.nextDown
    }
  }

  /// Normally distributed.
  public func normal(_ axes: [Axis], mean: Float = 0, deviation: Float = 1) throws(ShapeError) -> Tensor {
    filled(try Shape.checked(axes, operation: "normal")) {
      Float(Double(mean) + Double(deviation) * normalQuantile((Double($0) + 0.5) * 0x1p-32))
    }
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
  /// made orthonormal by Gram and Schmidt, twice, in double precision.
  public func orthogonal(_ rows: Axis, _ columns: Axis) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked([rows, columns], operation: "orthogonal")
    let (count, length) = (min(rows.size, columns.size), max(rows.size, columns.size))
    let draws = try normal([Axis("vector", count), Axis("entry", length)]).floats().map(Double.init)
    let vectors = orthonormal(draws, count: count, length: length)
    let wide = rows.size <= columns.size
    return Tensor(shape) { out in
      for i in 0..<count {
        for j in 0..<length { out[wide ? i * length + j : j * count + i] = Float(vectors[i * length + j]) }
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
