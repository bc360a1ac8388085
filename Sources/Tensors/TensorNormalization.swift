import Kernels

/// Rows along one axis brought to a common scale.
extension Tensor {
  /// eˣ / Σeˣ along an axis.
  public func softmax(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(name, "softmax") { row, out in
      let width = Int64(row.count)
      sk_softmax(out.baseAddress, width, row.baseAddress, width, 1, width, 1, -1)
    }
  }

  /// x − log Σeˣ along an axis.
  public func logSoftmax(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(name, "logSoftmax") { row, out in
      let sum = logTotalOfExponentials(row)
      for i in row.indices { out[i] = Float(Double(row[i]) - sum) }
    }
  }

  /// x / √(mean(x²) + ε) · weight along an axis.
  ///
  /// - Parameter weight: `[name]`, or nil for ones.
  public func rmsNorm(over name: String, weight: Tensor? = nil, eps: Float = 1e-6) throws(ShapeError) -> Tensor {
    let scale = try factor(weight, name, "rmsNorm")
    return try alongRows(name, "rmsNorm") { row, out in
      scale.withPointer { scale in
        let width = Int64(row.count)
        sk_rmsnorm(out.baseAddress, width, row.baseAddress, width, 1, width, scale, SK_F32, 0, eps)
      }
    }
  }

  /// (x − mean) / √(variance + ε) · weight + bias along an axis.
  ///
  /// - Parameters:
  ///   - weight: `[name]`, or nil for ones.
  ///   - bias: `[name]`, or nil for zeros.
  public func layerNorm(
    over name: String, weight: Tensor? = nil, bias: Tensor? = nil, eps: Float = 1e-5
  ) throws(ShapeError) -> Tensor {
    let (scale, shift) = (try factor(weight, name, "layerNorm"), try factor(bias, name, "layerNorm"))
    return try alongRows(name, "layerNorm") { row, out in
      scale.withPointer { scale in
        shift.withPointer { shift in
          let width = Int64(row.count)
          sk_layernorm(out.baseAddress, width, row.baseAddress, width, 1, width, scale, shift, SK_F32, eps)
        }
      }
    }
  }

  /// Scaled to length 1 along an axis. A row of zeros has no direction and stays zero.
  public func unit(over name: String) throws(ShapeError) -> Tensor {
    try alongRows(name, "unit") { row, out in
      let length = totalOfSquares(row, around: 0).squareRoot()
      for i in row.indices { out[i] = length > 0 ? Float(Double(row[i]) / length) : row[i] }
    }
  }

  private func factor(_ tensor: Tensor?, _ name: String, _ operation: String) throws(ShapeError) -> RowFactor {
    guard let tensor else { return RowFactor(tensor: nil) }
    let size = axes[try shape.position(of: name, for: operation)].size
    if tensor.shape != Shape([Axis(name, size)]) {
      throw .mismatch(operation: operation, expected: "[\(name): \(size)]", found: tensor.shape)
    }
    return RowFactor(tensor: tensor.to(.f32))
  }
}

/// A row that multiplies or shifts others, or nothing.
private struct RowFactor {
  let tensor: Tensor?

  func withPointer(_ body: (UnsafePointer<Float>?) -> Void) {
    if let tensor {
      tensor.withFloats { body($0.baseAddress) }
    } else {
      body(nil)
    }
  }
}
