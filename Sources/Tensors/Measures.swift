/// What one asks of directions and clouds of points.
extension Tensor {
  /// a·b / (|a| |b|) along an axis; other axes match by name. 0 where either is all zeros.
  public func cosineSimilarity(_ other: Tensor, over name: String) throws(ShapeError) -> Tensor {
    _ = try shape.position(of: name, for: "cosineSimilarity")
    _ = try other.shape.position(of: name, for: "cosineSimilarity")
    let (a, b, both) = try alignedPair(self, other, "cosineSimilarity")
    let order =
      both.axes.indices.filter { both.axes[$0].name != name } + both.axes.indices.filter { both.axes[$0].name == name }
    let (x, y) = (a.reordered(order), b.reordered(order))
    return x.dtype == .f64 ? x.cosines(y, Double.self) : x.cosines(y, Float.self)
  }

  /// Row by row along the last axis of two tensors of one shape.
  private func cosines<Element: Real>(_ other: Tensor, _ type: Element.Type) -> Tensor {
    let length = axes[axes.count - 1].size
    return Tensor(shape.dropping([axes.count - 1]), of: Element.self) { out in
      withElements(as: Element.self) { x in
        other.withElements(as: Element.self) { y in
          for row in out.indices {
            let (p, q) = (
              UnsafeBufferPointer(rebasing: x[row * length..<(row + 1) * length]),
              UnsafeBufferPointer(rebasing: y[row * length..<(row + 1) * length])
            )
            let scale = (totalOfSquares(p, around: 0) * totalOfSquares(q, around: 0)).squareRoot()
            out[row] = scale == 0 ? 0 : Element(Swift.max(-1, Swift.min(1, dotProduct(p, q) / scale)))
          }
        }
      }
    }
  }

  /// How far a matrix is from having orthonormal vectors along `name`: the largest |vᵢ·vⱼ − δᵢⱼ| over its other axis.
  public func orthonormalityError(over name: String) throws(ShapeError) -> Float {
    let position = try shape.position(of: name, for: "orthonormalityError")
    if shape.rank != 2 {
      throw .mismatch(operation: "orthonormalityError", expected: "a matrix with axis \(name)", found: shape)
    }
    let rows = reordered([1 - position, position])
    return dtype == .f64 ? rows.orthonormalityError(Double.self) : rows.orthonormalityError(Float.self)
  }

  private func orthonormalityError<Element: Real>(_ type: Element.Type) -> Float {
    let (count, length) = (axes[0].size, axes[1].size)
    return withElements(as: Element.self) { values in
      var worst = 0.0
      for i in 0..<count {
        for j in 0...i {
          let dot = dotProduct(
            UnsafeBufferPointer(rebasing: values[i * length..<(i + 1) * length]),
            UnsafeBufferPointer(rebasing: values[j * length..<(j + 1) * length]))
          let error = Swift.abs(dot - (i == j ? 1 : 0))
          worst = error > worst || error.isNaN ? error : worst
        }
      }
      return Float(worst)
    }
  }

  /// Principal components of the points along `samples`, by falling variance.
  ///
  /// - Parameters:
  ///   - samples: the axis of points; this tensor is `[samples, feature]` for one other axis.
  ///   - count: how many components to keep; nil keeps all there are, min(points, features).
  public func principalComponents(
    over samples: String, count: Int? = nil
  ) throws(ShapeError) -> PrincipalComponents {
    let position = try shape.position(of: samples, for: "pca")
    if shape.rank != 2 {
      throw .mismatch(operation: "pca", expected: "[\(samples), and one axis of features]", found: shape)
    }
    let features = axes[1 - position]
    let most = Swift.min(axes[position].size, features.size)
    let kept = count ?? most
    if kept < 0 || kept > most {
      throw .badArgument(
        operation: "pca", argument: "\(kept) components", expected: "0 to \(most) for \(shape)")
    }
    if axes[position].size < 2 {
      throw .badArgument(operation: "pca", argument: "\(axes[position].size) points", expected: "2 or more")
    }
    let mean = try mean(over: [samples])
    let centered = try subtracting(mean)
    let (_, s, v) = try centered.svd(rows: samples, columns: features.name)
    let variances = try s.square().dividing(Tensor(axes[position].size - 1))
    let whole = try variances.sum()
    let part = Selection.range(from: 0, to: kept, by: 1)
    let explained = try variances.select("component", part)
    return PrincipalComponents(
      components: try v.select("component", part), variance: explained,
      share: try explained.dividing(whole), mean: mean)
  }

  /// How many elements are NaN or infinite, along axes or over all.
  public func countNonFinite(over names: [String]? = nil) throws(ShapeError) -> Tensor {
    try reduced(names, "countNonFinite", countOfNonFinite, countOfNonFinite).to(.i64)
  }

  /// Where the first NaN or infinity stands, by axis position; nil when all is finite.
  public func firstNonFinite() -> [Int]? {
    if dtype == .i64 || dtype == .bool { return nil }
    let first =
      dtype == .f64
      ? withDoubles { $0.firstIndex { !$0.isFinite } }
      : withElements(as: Float.self) { $0.firstIndex { !$0.isFinite } }
    guard let flat = first else { return nil }
    return zip(shape.strides, shape.sizes).map { flat / $0 % $1 }
  }
}

public struct PrincipalComponents: Sendable {
  /// `[component, feature]`, orthonormal rows; the largest entry of each, by magnitude, is positive.
  public let components: Tensor
  /// `[component]`: the variance along each, with points − 1 in the denominator.
  public let variance: Tensor
  /// `[component]`: of the whole variance.
  public let share: Tensor
  /// `[feature]`.
  public let mean: Tensor
}
