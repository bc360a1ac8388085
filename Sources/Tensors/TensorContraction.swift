import Kernels

/// Sums of products by axis name.
extension Tensor {
  /// `a @ b`: sums over the one axis both share. With `over`, those axes are summed over and any other shared axis is
  /// walked in step.
  ///
  /// - Returns: the axes of `self` that remain, then those of `other` that remain.
  public func contract(_ other: Tensor, over names: [String]? = nil) throws(ShapeError) -> Tensor {
    let shared = shape.names.filter { other.shape.index(of: $0) != nil }
    let summed: [String]
    if let names {
      _ = try shape.positions(of: names, for: "contract")
      _ = try other.shape.positions(of: names, for: "contract")
      summed = names
    } else {
      guard let only = shared.first else { throw .nothingShared(left: shape, right: other.shape) }
      if shared.count > 1 { throw .severalShared(axes: shared, left: shape, right: other.shape) }
      summed = [only]
    }
    return try product(other, keeping: Set(shared).subtracting(summed), summing: summed)
  }

  /// The product of all operands, summed over every axis that `names` leaves out; the result's axes in that order.
  public static func einsum(_ operands: [Tensor], to names: [String]) throws(ShapeError) -> Tensor {
    guard let first = operands.first else {
      throw .badArgument(operation: "einsum", argument: "no tensors", expected: "one or more")
    }
    let dtype: DType = operands.contains { $0.dtype == .f64 } ? .f64 : .f32
    var result = first.to(dtype)
    for (i, next) in operands.enumerated().dropFirst() {
      let wanted = Set(names + operands[(i + 1)...].flatMap { $0.shape.names })
      // What only one operand has and nobody wants is summed before the product.
      let right = try (dtype == .f64 ? next.to(.f64) : next).summedAway {
        wanted.contains($0) || result.shape.index(of: $0) != nil
      }
      result = try result.summedAway { wanted.contains($0) || right.shape.index(of: $0) != nil }
      let shared = result.shape.names.filter { right.shape.index(of: $0) != nil }
      result = try result.product(
        right, keeping: Set(shared.filter(wanted.contains)), summing: shared.filter { !wanted.contains($0) })
    }
    result = try result.summedAway(names.contains)
    _ = try result.shape.positions(of: names, for: "einsum")
    return try result.reorder(names)
  }

  private func summedAway(_ keep: (String) -> Bool) throws(ShapeError) -> Tensor {
    let away = shape.names.filter { !keep($0) }
    return away.isEmpty ? self : try floating.sum(over: away)
  }

  /// The matrix product behind both: axes in `batch` in step, those in `summed` summed over.
  private func product(_ other: Tensor, keeping batch: Set<String>, summing summed: [String]) throws(ShapeError)
    -> Tensor
  {
    for name in batch.union(summed).sorted() {
      guard let i = shape.index(of: name), let j = other.shape.index(of: name) else { continue }
      if axes[i].size != other.axes[j].size {
        throw .sizesDiffer(operation: "contract", axis: name, left: shape, right: other.shape)
      }
    }
    let inner = summed.compactMap(shape.index(of:))
    let together = axes.indices.filter { batch.contains(axes[$0].name) }
    let rows = axes.indices.filter { !inner.contains($0) && !together.contains($0) }
    let otherInner = summed.compactMap(other.shape.index(of:))
    let otherTogether = together.compactMap { other.shape.index(of: axes[$0].name) }
    let columns = other.axes.indices.filter { !otherInner.contains($0) && !otherTogether.contains($0) }
    let wanted = axes.indices.filter { !inner.contains($0) }.map { axes[$0] } + columns.map { other.axes[$0] }
    let result = try Shape.checked(wanted, operation: "contract")

    let (m, n, k) = (count(of: rows), other.count(of: columns), count(of: inner))
    let product = Shape((together + rows).map { axes[$0] } + columns.map { other.axes[$0] })
    if DType.computed(dtype, other.dtype) == .f64 {
      let left = reordered(together + rows + inner).to(.f64)
      let right = other.reordered(otherTogether + otherInner + columns).to(.f64)
      return left.productInDouble(right, product, batches: count(of: together), m: m, n: n, k: k).aligned(to: result)
    }
    let left = reordered(together + rows + inner).to(.f32)
    // The right side may lie either way; take the way it lies.
    let transposed = otherTogether + otherInner + columns == Array(other.axes.indices)
    var right = other.reordered(otherTogether + (transposed ? otherInner + columns : columns + otherInner))
    if right.dtype.stored == nil { right = right.to(.f32) }

    let made = Tensor(product) { out in
      left.multiply(right, into: out, batches: count(of: together), m: m, n: n, k: k, transposed: transposed)
    }
    return made.aligned(to: result)
  }

  /// [batches, m, k] · [batches, k, n] in f64; each sum runs over k in order.
  private func productInDouble(_ right: Tensor, _ shape: Shape, batches: Int, m: Int, n: Int, k: Int) -> Tensor {
    Tensor(shape, of: Double.self) { out in
      out.update(repeating: 0)
      withDoubles { x in
        right.withDoubles { w in
          inParallel(batches * m, grain: max(1, 16384 / max(n * k, 1))) { rows in
            for row in rows {
              for i in 0..<k {
                let (factor, from) = (x[row * k + i], (row / m * k + i) * n)
                for j in 0..<n { out[row * n + j] += factor * w[from + j] }
              }
            }
          }
        }
      }
    }
  }

  private func count(of positions: [Int]) -> Int { positions.reduce(1) { $0 * axes[$1].size } }

  private func multiply(
    _ right: Tensor, into out: UnsafeMutableBufferPointer<Float>, batches: Int, m: Int, n: Int, k: Int, transposed: Bool
  ) {
    guard let stored = right.dtype.stored, let target = out.baseAddress, !out.isEmpty else { return }
    withFloats { x in
      right.withUnsafeBytes { w in
        guard let x = x.baseAddress, let w = w.baseAddress else { return }
        let width = right.dtype.byteCount
        // Many small products are spread over the threads whole, few large ones each by itself.
        inParallel(batches, grain: max(1, min(batches, (1 << 16) / max(m * n * k, 1)))) { range in
          for b in range {
            let (to, a, c) = (target + b * m * n, x + b * m * k, w + b * n * k * width)
            let (m, n, k) = (Int64(m), Int64(n), Int64(k))
            if transposed {
              sk_matmul(to, n, a, k, c, n, stored, m, n, k)
            } else {
              sk_linear(to, n, a, k, c, k, stored, nil, SK_F32, m, n, k)
            }
          }
        }
      }
    }
  }
}
