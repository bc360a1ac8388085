import Glibc
import Kernels

/// Rows along one axis brought to a common scale.
extension Tensor {
  /// eˣ / Σeˣ along an axis.
  public func softmax(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(
      name, "softmax",
      { row, out in
        let width = Int64(row.count)
        sk_softmax(out.baseAddress, width, row.baseAddress, width, 1, width, 1, -1)
      },
      { row, out in
        // As the kernel: a row of nothing but -inf becomes zeros.
        let sum = logTotalOfExponentials(row)
        for i in row.indices { out[i] = sum == -.infinity ? 0 : Glibc.exp(row[i] - sum) }
      })
  }

  /// x − log Σeˣ along an axis.
  public func logSoftmax(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(name, "logSoftmax", withoutLogTotal, withoutLogTotal)
  }

  /// x / √(mean(x²) + ε) · weight along an axis.
  ///
  /// - Parameter weight: `[name]`, or nil for ones.
  public func rmsNorm(over name: String, weight: Tensor? = nil, eps: Double = 1e-6) throws(ShapeError) -> Tensor {
    if dtype != .f64, weight?.dtype == .f64 { return try to(.f64).rmsNorm(over: name, weight: weight, eps: eps) }
    let scale = try factor(weight, name, "rmsNorm")
    return try alongRows(
      name, "rmsNorm",
      { row, out in
        scale.withFloats { scale in
          let width = Int64(row.count)
          sk_rmsnorm(out.baseAddress, width, row.baseAddress, width, 1, width, scale, SK_F32, 0, Float(eps))
        }
      },
      { row, out in
        let factor = 1 / (totalOfSquares(row, around: 0) / Double(row.count) + eps).squareRoot()
        scale.withDoubles { scale in for i in row.indices { out[i] = row[i] * factor * (scale?[i] ?? 1) } }
      })
  }

  /// (x − mean) / √(variance + ε) · weight + bias along an axis.
  ///
  /// - Parameters:
  ///   - weight: `[name]`, or nil for ones.
  ///   - bias: `[name]`, or nil for zeros.
  public func layerNorm(
    over name: String, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) throws(ShapeError) -> Tensor {
    if dtype != .f64, [weight, bias].contains(where: { $0?.dtype == .f64 }) {
      return try to(.f64).layerNorm(over: name, weight: weight, bias: bias, eps: eps)
    }
    let (scale, shift) = (try factor(weight, name, "layerNorm"), try factor(bias, name, "layerNorm"))
    return try alongRows(
      name, "layerNorm",
      { row, out in
        scale.withFloats { scale in
          shift.withFloats { shift in
            let width = Int64(row.count)
            sk_layernorm(out.baseAddress, width, row.baseAddress, width, 1, width, scale, shift, SK_F32, Float(eps))
          }
        }
      },
      { row, out in
        let (mean, factor) = (average(row), 1 / (spread(row, 0) + eps).squareRoot())
        scale.withDoubles { scale in
          shift.withDoubles { shift in
            for i in row.indices { out[i] = (row[i] - mean) * factor * (scale?[i] ?? 1) + (shift?[i] ?? 0) }
          }
        }
      })
  }

  /// Scaled to length 1 along an axis. A row of zeros has no direction and stays zero.
  public func unit(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(name, "unit", toLengthOne, toLengthOne)
  }

  private func factor(_ tensor: Tensor?, _ name: String, _ operation: String) throws(ShapeError) -> RowFactor {
    guard let tensor else { return RowFactor(tensor: nil) }
    let size = axes[try shape.position(of: name, for: operation)].size
    if tensor.shape != Shape([Axis(name, size)]) {
      throw .mismatch(operation: operation, expected: "[\(name): \(size)]", found: tensor.shape)
    }
    return RowFactor(tensor: tensor.to(.computed(dtype)))
  }
}

/// A row that multiplies or shifts others, or nothing.
private struct RowFactor {
  let tensor: Tensor?

  func withFloats(_ body: (UnsafePointer<Float>?) -> Void) {
    if let tensor {
      tensor.withFloats { body($0.baseAddress) }
    } else {
      body(nil)
    }
  }

  func withDoubles(_ body: (UnsafePointer<Double>?) -> Void) {
    if let tensor {
      tensor.withDoubles { body($0.baseAddress) }
    } else {
      body(nil)
    }
  }
}

private func withoutLogTotal<Element: Real>(
  _ row: UnsafeBufferPointer<Element>, _ out: UnsafeMutableBufferPointer<Element>
) {
  let sum = logTotalOfExponentials(row)
  for i in row.indices { out[i] = Element(Double(row[i]) - sum) }
}

private func toLengthOne<Element: Real>(
  _ row: UnsafeBufferPointer<Element>, _ out: UnsafeMutableBufferPointer<Element>
) {
  let length = euclideanNorm(row)
  for i in row.indices { out[i] = length > 0 ? Element(Double(row[i]) / length) : row[i] }
}
