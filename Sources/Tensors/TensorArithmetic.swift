import Glibc
import Kernels

/// Arithmetic of two tensors, whose axes match by name: the result has the left's axes, then those only the right has.
/// Integers with integers stay integers (an overflow is an error), except in a division; else the result is f64 if either
/// is, and f32 otherwise.
extension Tensor {
  public func adding(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "add", SK_ADD, { $0 + $1 }) { $0.addingReportingOverflow($1) }
  }
  public func subtracting(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "subtract", SK_SUBTRACT, { $0 - $1 }) { $0.subtractingReportingOverflow($1) }
  }
  public func multiplying(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "multiply", SK_MULTIPLY, { $0 * $1 }) { $0.multipliedReportingOverflow(by: $1) }
  }
  public func dividing(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "divide", SK_DIVIDE, { $0 / $1 }, integers: nil)
  }
  /// The smaller of each pair; NaN where either is NaN.
  public func minimum(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "minimum", SK_MINIMUM, { $0.isNaN || $0 < $1 ? $0 : $1 }) { (min($0, $1), false) }
  }
  /// The larger of each pair; NaN where either is NaN.
  public func maximum(_ other: Tensor) throws(ShapeError) -> Tensor {
    try combined(other, "maximum", SK_MAXIMUM, { $0.isNaN || $0 > $1 ? $0 : $1 }) { (max($0, $1), false) }
  }
  public func power(_ other: Tensor) throws(ShapeError) -> Tensor {
    if other.shape.rank == 0 {
      let (exponent, base) = (try other.number(), to(.computed(dtype, other.dtype)))
      if exponent == 2 { return base.square() }
      if exponent == 0.5 { return base.sqrt() }
      if exponent == 1 { return base }
    }
    return try zipped(other, "power", { Glibc.powf($0, $1) }, { Glibc.pow($0, $1) })
  }
  /// The remainder with the sign of the divisor.
  public func remainder(_ other: Tensor) throws(ShapeError) -> Tensor {
    try zipped(other, "remainder", { modulo($0, $1) }, { modulo($0, $1) })
  }

  @inline(__always)
  private func combined(
    _ other: Tensor, _ name: String, _ op: sk_binary_op, _ doubles: (Double, Double) -> Double,
    integers: ((Int, Int) -> (Int, Bool))?
  ) throws(ShapeError) -> Tensor {
    if dtype == .i64, other.dtype == .i64, let integers {
      return try integersCombined(other, name, integers)
    }
    if DType.computed(dtype, other.dtype) == .f64 { return try zipped(other, name, { x, _ in x }, doubles) }
    return try combined(other, name, op)
  }

  /// The kernel, over the operands as they lie where their axes allow it.
  private func combined(_ other: Tensor, _ name: String, _ op: sk_binary_op) throws(ShapeError) -> Tensor {
    let result = try shape.broadcast(with: other.shape, operation: name)
    let (a, b) = (self.to(.f32), other.to(.f32))
    return Tensor(result) { out in
      a.withFloats { left in
        b.withFloats { right in
          guard let target = out.baseAddress, let x = left.baseAddress, let y = right.baseAddress, !out.isEmpty
          else { return }
          let (period, run, repeats) = (b.repeatedPrefix(of: result), b.run(in: result), out.count)
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
          } else if a.shape == result, let run {
            // The right operand has one number for each row.
            inParallel(repeats / run, grain: max(1, 16384 / run)) { rows in
              for row in rows { sk_binary(op, target + row * run, x + row * run, 1, y + row, 0, Int64(run)) }
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

  /// How often each element stands in a row if this tensor is the outermost axes of `shape`, in order.
  private func run(in shape: Shape) -> Int? {
    axes.count <= shape.rank && count > 0 && Array(shape.axes.prefix(axes.count)) == axes ? shape.count / count : nil
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

  @inline(__always)
  private func zipped(
    _ other: Tensor, _ name: String, _ singles: (Float, Float) -> Float, _ doubles: (Double, Double) -> Double
  ) throws(ShapeError) -> Tensor {
    let (a, b, _) = try alignedPair(self, other, name)
    return a.dtype == .f64
      ? b.withDoubles { y in a.inPieces(grain: 4096) { for i in $0 { $2[i] = doubles($1[i], y[i]) } } }
      : b.withFloats { y in a.inPieces(grain: 4096) { for i in $0 { $2[i] = singles($1[i], y[i]) } } }
  }
}

@inline(__always)
private func modulo<Element: Real>(_ x: Element, _ y: Element) -> Element {
  let r = x.truncatingRemainder(dividingBy: y)
  return r != 0 && (r < 0) != (y < 0) ? r + y : r
}

extension Tensor {
  public static func + (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.adding(b) }
  public static func - (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.subtracting(b) }
  public static func * (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.multiplying(b) }
  public static func / (a: Tensor, b: Tensor) throws(ShapeError) -> Tensor { try a.dividing(b) }
}

/// Both operands in the axes and the type of their result.
func alignedPair(_ a: Tensor, _ b: Tensor, _ operation: String) throws(ShapeError) -> (Tensor, Tensor, Shape) {
  let shape = try a.shape.broadcast(with: b.shape, operation: operation)
  let dtype = DType.computed(a.dtype, b.dtype)
  return (a.to(dtype).aligned(to: shape), b.to(dtype).aligned(to: shape), shape)
}
