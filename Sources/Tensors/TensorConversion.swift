import Kernels

/// Elements as Swift arrays, and between types.
extension Tensor {
  /// The elements as f32, whatever the storage, in row-major order.
  public func floats() -> [Float] {
    let all = to(.f32)
    return all.withFloats { Array($0) }
  }

  /// The elements as f64, whatever the storage, in row-major order; f32 and what is narrower stay exact.
  public func doubles() -> [Double] {
    let all = to(.f64)
    return all.withDoubles { Array($0) }
  }

  /// The elements of an i64 tensor.
  public func integers(_ operation: String = "integers") throws(ShapeError) -> [Int] {
    guard dtype == .i64 else { throw .wrongType(operation: operation, expected: "i64", found: dtype) }
    return withUnsafeBytes { Array($0.bindMemory(to: Int.self)) }
  }

  /// The elements of a mask.
  public func booleans(_ operation: String = "booleans") throws(ShapeError) -> [Bool] {
    guard dtype == .bool else { throw .wrongType(operation: operation, expected: "bool", found: dtype) }
    return withUnsafeBytes { $0.map { $0 != 0 } }
  }

  /// The only element of a tensor of one element, as f32.
  public func item() throws(ShapeError) -> Float {
    try checkSingle()
    return floats()[0]
  }

  /// The only element of a tensor of one element, as f64.
  public func number() throws(ShapeError) -> Double {
    try checkSingle()
    return doubles()[0]
  }

  private func checkSingle() throws(ShapeError) {
    if count != 1 { throw .wrongCount(operation: "a single number from \(shape)", expected: 1, found: count) }
  }

  /// The same numbers in another storage. To narrower floats rounds once, to nearest even; to i64 truncates towards zero (NaN
  /// gives 0, what lies outside the range its end); to bool asks whether an element is not 0.
  /// - Precondition: the other storage is plain; nothing is quantised here.
  public func to(_ target: DType) -> Tensor {
    if target == dtype { return self }
    switch dtype {
    case .f32: return withFloats { narrowed($0, target) }
    case .f64: return withDoubles { narrowed($0, target) }
    case .f16, .bf16, .blocks:
      let wide = Tensor(shape) { out in
        withUnsafeBytes { bytes in
          if let source = dtype.stored { sk_to_f32(out.baseAddress, bytes.baseAddress, source, Int64(count)) }
        }
      }
      return wide.to(target)
    case .i64:
      return withUnsafeBytes { bytes in
        let values = bytes.bindMemory(to: Int.self)
        switch target {
        case .f64: return Tensor(shape, of: Double.self) { for i in $0.indices { $0[i] = Double(values[i]) } }
        case .bool: return Tensor(shape, .bool, of: Bool.self) { for i in $0.indices { $0[i] = values[i] != 0 } }
        default: return Tensor(shape) { for i in $0.indices { $0[i] = Float(values[i]) } }.to(target)
        }
      }
    case .bool:
      return withUnsafeBytes { values in
        target == .i64
          ? Tensor(shape, .i64, of: Int.self) { for i in $0.indices { $0[i] = values[i] != 0 ? 1 : 0 } }
          : Tensor(shape) { for i in $0.indices { $0[i] = values[i] != 0 ? 1 : 0 } }.to(target)
      }
    }
  }

  /// `values`, which are this tensor's, in a type that is not theirs.
  @inline(__always)
  private func narrowed<Element: Real>(_ values: UnsafeBufferPointer<Element>, _ target: DType) -> Tensor {
    switch target {
    case .f32: return Tensor(shape) { for i in $0.indices { $0[i] = Float(values[i]) } }
    case .f64: return Tensor(shape, of: Double.self) { for i in $0.indices { $0[i] = Double(values[i]) } }
    case .i64:
      return Tensor(shape, .i64, of: Int.self) { for i in $0.indices { $0[i] = Int(clamping: Double(values[i])) } }
    case .bool: return Tensor(shape, .bool, of: Bool.self) { for i in $0.indices { $0[i] = values[i] != 0 } }
    case .f16, .bf16:
      let wide =
        dtype == .f32 ? self : Tensor(shape) { for i in $0.indices { $0[i] = Float(toOdd: Double(values[i])) } }
      return Tensor(shape, target, of: UInt16.self) { out in
        wide.withFloats { values in
          if let stored = target.stored { sk_from_f32(out.baseAddress, stored, values.baseAddress, Int64(count)) }
        }
      }
    case .blocks: preconditionFailure("nothing is quantised here")
    }
  }
}

extension DType {
  /// The kernels' name for a floating-point storage; they know no f64.
  public var stored: sk_dtype? {
    switch self {
    case .f32: SK_F32
    case .f16: SK_F16
    case .bf16: SK_BF16
    case .blocks(let type): type.kernel
    case .f64, .i64, .bool: nil
    }
  }
}

extension Int {
  /// Truncated towards zero, held within the range; NaN gives 0.
  fileprivate init(clamping value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= 0x1p63 {
      self = .max
    } else if value < -0x1p63 {
      self = .min
    } else {
      self = Int(value)
    }
  }
}

extension Float {
  /// Rounded so that a second rounding, to 11 bits or fewer, gives what one rounding would: towards zero, with the last bit
  /// set where anything was lost (Boldo and Melquiond 2008, "Emulation of FMA and correctly rounded sums").
  fileprivate init(toOdd value: Double) {
    let nearest = Float(value)
    if Double(nearest) == value || value.isNaN {
      self = nearest
    } else {
      let below = abs(Double(nearest)) > abs(value) ? nearest.bitPattern - 1 : nearest.bitPattern
      self = Float(bitPattern: below | 1)
    }
  }
}
