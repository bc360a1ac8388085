import Glibc
import Kernels

/// Functions of each element. Arithmetic is in f32; the result is f32 whatever the storage.
extension Tensor {
  public func exp() -> Tensor { kernel(SK_EXP) }
  public func tanh() -> Tensor { kernel(SK_TANH) }
  public func sigmoid() -> Tensor { kernel(SK_SIGMOID) }
  /// x·(1 + erf(x/√2))/2.
  public func gelu() -> Tensor { kernel(SK_GELU) }
  /// The tanh approximation of gelu.
  public func geluTanh() -> Tensor { kernel(SK_GELU_TANH) }
  /// x·σ(1.702x).
  public func quickGelu() -> Tensor { kernel(SK_QUICK_GELU) }
  public func silu() -> Tensor { kernel(SK_SILU) }
  public func relu() -> Tensor { kernel(SK_RELU) }
  public func erf() -> Tensor { kernel(SK_ERF) }
  public func sqrt() -> Tensor { kernel(SK_SQRT) }
  public func reciprocal() -> Tensor { kernel(SK_RECIPROCAL) }
  public func square() -> Tensor { kernel(SK_SQUARE) }
  public func log() -> Tensor { mapped { Glibc.logf($0) } }
  public func sin() -> Tensor { mapped { Glibc.sinf($0) } }
  public func cos() -> Tensor { mapped { Glibc.cosf($0) } }
  public func floor() -> Tensor { mapped { $0.rounded(.down) } }
  public func ceil() -> Tensor { mapped { $0.rounded(.up) } }
  /// To the nearest integer, halves to even.
  public func round() -> Tensor { mapped { $0.rounded(.toNearestOrEven) } }

  /// Of integers, integers; the most negative one has no magnitude and stays.
  public func abs() -> Tensor { dtype == .i64 ? integersMapped { $0 < 0 ? 0 &- $0 : $0 } : kernel(SK_ABS) }
  /// -1, 0 or 1; NaN stays NaN. Of integers, integers.
  public func sign() -> Tensor {
    dtype == .i64 ? integersMapped { $0.signum() } : mapped { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
  }
  public func negated() -> Tensor { dtype == .i64 ? integersMapped { 0 &- $0 } : kernel(SK_NEGATE) }

  /// Held between two bounds; NaN stays NaN.
  public func clamp(from low: Float = -.infinity, to high: Float = .infinity) throws(ShapeError) -> Tensor {
    if !(low <= high) {
      throw .badArgument(operation: "clamp", argument: "bounds \(low) and \(high)", expected: "the lower one first")
    }
    return mapped { $0 < low ? low : $0 > high ? high : $0 }
  }

  private func kernel(_ op: sk_unary_op) -> Tensor {
    let x = to(.f32)
    return Tensor(shape) { out in x.withFloats { sk_unary(op, out.baseAddress, $0.baseAddress, Int64(count)) } }
  }

  @inline(__always)
  func mapped(_ body: (Float) -> Float) -> Tensor {
    let x = to(.f32)
    return Tensor(shape) { out in
      x.withFloats { x in
        inParallel(count, grain: 8192) { for i in $0 { out[i] = body(x[i]) } }
      }
    }
  }

  @inline(__always)
  private func integersMapped(_ body: (Int) -> Int) -> Tensor {
    Tensor(shape, .i64, of: Int.self) { out in
      withUnsafeBytes { bytes in
        let x = bytes.bindMemory(to: Int.self)
        for i in out.indices { out[i] = body(x[i]) }
      }
    }
  }
}

/// Arithmetic of two tensors, whose axes match by name: the result has the left's axes, then those only the right has.
/// Integers with integers stay integers (an overflow is an error), except in a division; all else is f32.
extension Tensor {
  public func adding(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "add", SK_ADD) { $0.addingReportingOverflow($1) }
  }
  public func subtracting(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "subtract", SK_SUBTRACT) { $0.subtractingReportingOverflow($1) }
  }
  public func multiplying(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "multiply", SK_MULTIPLY) { $0.multipliedReportingOverflow(by: $1) }
  }
  public func dividing(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "divide", SK_DIVIDE, integers: nil)
  }
  /// The smaller of each pair; NaN where either is NaN.
  public func minimum(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "minimum", SK_MINIMUM) { (min($0, $1), false) }
  }
  /// The larger of each pair; NaN where either is NaN.
  public func maximum(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "maximum", SK_MAXIMUM) { (max($0, $1), false) }
  }
  public func power(_ other: Tensor) throws(ShapeError) -> Tensor {
    if let exponent = other.count == 1 && other.shape.rank == 0 ? other.floats()[0] : nil {
      if exponent == 2 { return square() }
      if exponent == 0.5 { return sqrt() }
      if exponent == 1 { return to(.f32) }
    }
    let (a, b, shape) = try alignedPair(self, other, "power")
    return zipped(a, b, shape) { Glibc.powf($0, $1) }
  }
  /// The remainder with the sign of the divisor.
  public func remainder(_ other: Tensor) throws(ShapeError) -> Tensor {
    let (a, b, shape) = try alignedPair(self, other, "remainder")
    return zipped(a, b, shape) { x, y in
      let r = Glibc.fmodf(x, y)
      return r != 0 && (r < 0) != (y < 0) ? r + y : r
    }
  }

  private func combined(
    _ other: Tensor, _ name: String, _ op: sk_binary_op, integers: ((Int, Int) -> (Int, Bool))?
  ) throws(ShapeError) -> Tensor {
    if dtype == .i64, other.dtype == .i64, let integers {
      return try integersCombined(other, name, integers)
    }
    let result = try shape.broadcast(with: other.shape, operation: name)
    let (a, b) = (self.to(.f32), other.to(.f32))
    return Tensor(result) { out in
      a.withFloats { left in
        b.withFloats { right in
          guard let target = out.baseAddress, let x = left.baseAddress, let y = right.baseAddress, !out.isEmpty
          else { return }
          let (period, repeats) = (b.repeatedPrefix(of: result), out.count)
          if a.shape == result, b.shape == result {
            sk_binary(op, target, x, 1, y, 1, Int64(repeats))
          } else if b.shape.rank == 0 {
            sk_binary(op, target, x, 1, y, 0, Int64(repeats))
          } else if a.shape.rank == 0, b.shape == result {
            sk_binary(op, target, x, 0, y, 1, Int64(repeats))
          } else if a.shape == result, let period {
            // The right operand is a row that repeats.
            inParallel(repeats / period, grain: max(1, 16384 / period)) { rows in
              for row in rows { sk_binary(op, target + row * period, x + row * period, 1, y, 1, Int64(period)) }
            }
          } else {
            let (wideA, wideB) = (a.aligned(to: result), b.aligned(to: result))
            wideA.withFloats { x in
              wideB.withFloats { y in sk_binary(op, target, x.baseAddress, 1, y.baseAddress, 1, Int64(repeats)) }
            }
          }
        }
      }
    }
  }

  /// How many elements this tensor has if it is the innermost axes of `shape`, in order.
  private func repeatedPrefix(of shape: Shape) -> Int? {
    axes.count <= shape.rank && count > 0 && Array(shape.axes.suffix(axes.count)) == axes ? count : nil
  }

  private func integersCombined(
    _ other: Tensor, _ name: String, _ body: (Int, Int) -> (Int, Bool)
  ) throws(ShapeError) -> Tensor {
    let result = try shape.broadcast(with: other.shape, operation: name)
    let (a, b) = (try aligned(to: result).integers(name), try other.aligned(to: result).integers(name))
    var overflowed = false
    let tensor = Tensor(result, .i64, of: Int.self) { out in
      for i in out.indices {
        let (value, overflow) = body(a[i], b[i])
        out[i] = value
        overflowed = overflowed || overflow
      }
    }
    if overflowed {
      throw .badArgument(
        operation: name, argument: "an integer result does not fit 64 bits", expected: "smaller integers, or floats")
    }
    return tensor
  }
}

extension Tensor {
  public static func + (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.adding(b) }
  public static func - (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.subtracting(b) }
  public static func * (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.multiplying(b) }
  public static func / (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.dividing(b) }

  /// Every element times a number.
  public func scaled(by factor: Float) -> Tensor {
    let x = to(.f32)
    return Tensor(shape) { out in
      x.withFloats { x in
        withUnsafePointer(to: factor) {
          sk_binary(SK_MULTIPLY, out.baseAddress, x.baseAddress, 1, $0, 0, Int64(count))
        }
      }
    }
  }
}

/// Both operands as f32 in the axes of their result.
func alignedPair(_ a: Tensor, _ b: Tensor, _ operation: String) throws(ShapeError) -> (Tensor, Tensor, Shape) {
  let shape = try a.shape.broadcast(with: b.shape, operation: operation)
  return (a.to(.f32).aligned(to: shape), b.to(.f32).aligned(to: shape), shape)
}

@inline(__always)
func zipped(_ a: Tensor, _ b: Tensor, _ shape: Shape, _ body: (Float, Float) -> Float) -> Tensor {
  Tensor(shape) { out in
    a.withFloats { x in
      b.withFloats { y in
        inParallel(out.count, grain: 4096) { for i in $0 { out[i] = body(x[i], y[i]) } }
      }
    }
  }
}
