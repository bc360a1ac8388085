import Glibc
import Kernels

/// Functions of each element. Arithmetic and result are f64 for f64, otherwise f32 whatever the storage.
extension Tensor {
  public func exp() -> Tensor { kernel(SK_EXP) { Glibc.exp($0) } }
  public func tanh() -> Tensor { kernel(SK_TANH) { Glibc.tanh($0) } }
  public func sigmoid() -> Tensor { kernel(SK_SIGMOID) { logistic($0) } }
  /// x·(1 + erf(x/√2))/2.
  public func gelu() -> Tensor { kernel(SK_GELU) { $0 * normalProbability($0) } }
  /// The tanh approximation of gelu.
  public func geluTanh() -> Tensor {
    kernel(SK_GELU_TANH) { x in
      0.5 * x * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }
  /// x·σ(1.702x).
  public func quickGelu() -> Tensor { kernel(SK_QUICK_GELU) { $0 * logistic(1.702 * $0) } }
  public func silu() -> Tensor { kernel(SK_SILU) { $0 * logistic($0) } }
  public func relu() -> Tensor { kernel(SK_RELU) { $0 > 0 || $0.isNaN ? $0 : 0 } }
  public func erf() -> Tensor { kernel(SK_ERF) { Glibc.erf($0) } }
  public func sqrt() -> Tensor { kernel(SK_SQRT) { $0.squareRoot() } }
  public func reciprocal() -> Tensor { kernel(SK_RECIPROCAL) { 1 / $0 } }
  public func square() -> Tensor { kernel(SK_SQUARE) { $0 * $0 } }
  public func log() -> Tensor { mapped({ Glibc.logf($0) }, { Glibc.log($0) }) }
  public func sin() -> Tensor { mapped({ Glibc.sinf($0) }, { Glibc.sin($0) }) }
  public func cos() -> Tensor { mapped({ Glibc.cosf($0) }, { Glibc.cos($0) }) }
  public func floor() -> Tensor { mapped({ $0.rounded(.down) }, { $0.rounded(.down) }) }
  public func ceil() -> Tensor { mapped({ $0.rounded(.up) }, { $0.rounded(.up) }) }
  /// To the nearest integer, halves to even.
  public func round() -> Tensor { mapped({ $0.rounded(.toNearestOrEven) }, { $0.rounded(.toNearestOrEven) }) }

  /// Of integers, integers; the most negative one has no magnitude and stays.
  public func abs() -> Tensor {
    dtype == .i64 ? integersMapped { $0 < 0 ? 0 &- $0 : $0 } : kernel(SK_ABS) { $0.magnitude }
  }
  /// -1, 0 or 1; NaN stays NaN. Of integers, integers.
  public func sign() -> Tensor {
    dtype == .i64
      ? integersMapped { $0.signum() }
      : mapped({ $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 })
  }
  public func negated() -> Tensor { dtype == .i64 ? integersMapped { 0 &- $0 } : kernel(SK_NEGATE) { -$0 } }

  /// Held between two bounds; NaN stays NaN.
  public func clamp<Bound: BinaryFloatingPoint>(
    from low: Bound = -Bound.infinity, to high: Bound = Bound.infinity
  ) throws(ShapeError) -> Tensor {
    let (least, most, low, high) = (Float(low), Float(high), Double(low), Double(high))
    if !(low <= high) {
      throw .badArgument(operation: "clamp", argument: "bounds \(low) and \(high)", expected: "the lower one first")
    }
    return mapped({ $0 < least ? least : $0 > most ? most : $0 }, { $0 < low ? low : $0 > high ? high : $0 })
  }

  /// Every element times a number.
  public func scaled<Factor: BinaryFloatingPoint>(by factor: Factor) -> Tensor {
    let (single, double) = (Float(factor), Double(factor))
    if dtype == .f64 { return mapped({ $0 * single }, { $0 * double }) }
    let x = to(.f32)
    return Tensor(shape) { out in
      x.withFloats { x in
        withUnsafePointer(to: single) {
          sk_binary(SK_MULTIPLY, out.baseAddress, x.baseAddress, 1, $0, 0, Int64(count))
        }
      }
    }
  }

  /// One of the kernels, or for f64 `doubles`.
  @inline(__always)
  private func kernel(_ op: sk_unary_op, _ doubles: (Double) -> Double) -> Tensor {
    if dtype == .f64 { return mapped({ $0 }, doubles) }
    let x = to(.f32)
    return Tensor(shape) { out in x.withFloats { sk_unary(op, out.baseAddress, $0.baseAddress, Int64(count)) } }
  }

  @inline(__always)
  private func mapped(_ singles: (Float) -> Float, _ doubles: (Double) -> Double) -> Tensor {
    dtype == .f64
      ? inPieces(grain: 8192) { for i in $0 { $2[i] = doubles($1[i]) } }
      : inPieces(grain: 8192) { for i in $0 { $2[i] = singles($1[i]) } }
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

private func logistic(_ x: Double) -> Double { 1 / (1 + Glibc.exp(-x)) }
/// By the complementary error function, which keeps its digits far below 0.
private func normalProbability(_ x: Double) -> Double { Glibc.erfc(-x * 0.5.squareRoot()) / 2 }
