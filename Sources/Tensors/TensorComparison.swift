/// Masks: comparisons, logic, and choosing by a mask. A comparison with NaN is false, except `notEqual`.
extension Tensor {
  public func equal(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, "==", { $0 == $1 }, { $0 == $1 }, { $0 == $1 })
  }
  public func notEqual(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, "!=", { $0 != $1 }, { $0 != $1 }, { $0 != $1 })
  }
  public func less(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, "<", { $0 < $1 }, { $0 < $1 }, { $0 < $1 })
  }
  public func lessOrEqual(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, "<=", { $0 <= $1 }, { $0 <= $1 }, { $0 <= $1 })
  }
  public func greater(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, ">", { $0 > $1 }, { $0 > $1 }, { $0 > $1 })
  }
  public func greaterOrEqual(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, ">=", { $0 >= $1 }, { $0 >= $1 }, { $0 >= $1 })
  }

  public func isNaN() -> Tensor { tested({ $0.isNaN }, { $0.isNaN }) }
  public func isFinite() -> Tensor { tested({ $0.isFinite }, { $0.isFinite }) }
  public func isInfinite() -> Tensor { tested({ $0.isInfinite }, { $0.isInfinite }) }

  public func and(_ other: Tensor) throws(ShapeError) -> Tensor { try logical(other, "and") { $0 && $1 } }
  public func or(_ other: Tensor) throws(ShapeError) -> Tensor { try logical(other, "or") { $0 || $1 } }
  public func not() throws(ShapeError) -> Tensor {
    let x = try booleans("not")
    return Tensor(shape, .bool, of: Bool.self) { for i in $0.indices { $0[i] = !x[i] } }
  }

  /// Elements of `yes` where this mask holds, of `no` elsewhere; all three match by axis name.
  public func choose(_ yes: Tensor, else no: Tensor) throws(ShapeError) -> Tensor {
    let both = try yes.shape.broadcast(with: no.shape, operation: "where")
    let result = try shape.broadcast(with: both, operation: "where")
    guard dtype == .bool else { throw .wrongType(operation: "where", expected: "bool", found: dtype) }
    let mask = aligned(to: result)
    if yes.dtype == .i64, no.dtype == .i64 {
      let mask = try mask.booleans("where")
      let (a, b) = (try yes.aligned(to: result).integers(), try no.aligned(to: result).integers())
      return Tensor(result, .i64, of: Int.self) { for i in $0.indices { $0[i] = mask[i] ? a[i] : b[i] } }
    }
    return DType.computed(yes.dtype, no.dtype) == .f64
      ? mask.chosen(yes, no, Double.self) : mask.chosen(yes, no, Float.self)
  }

  @inline(__always)
  private func chosen<Element: Real>(_ yes: Tensor, _ no: Tensor, _ type: Element.Type) -> Tensor {
    let (a, b) = (Operand(yes, in: shape), Operand(no, in: shape))
    return Tensor(shape, of: Element.self) { out in
      withUnsafeBytes { mask in
        a.tensor.withElements(as: Element.self) { x in
          b.tensor.withElements(as: Element.self) { y in
            inParallel(out.count, grain: 16384) {
              for i in $0 { out[i] = mask[i] != 0 ? x[i * a.step] : y[i * b.step] }
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private func tested(_ singles: (Float) -> Bool, _ doubles: (Double) -> Bool) -> Tensor {
    Tensor(shape, .bool, of: Bool.self) { out in
      if dtype == .f64 {
        withDoubles { for i in out.indices { out[i] = doubles($0[i]) } }
      } else {
        withElements(as: Float.self) { for i in out.indices { out[i] = singles($0[i]) } }
      }
    }
  }

  @inline(__always)
  private func compared(
    _ other: Tensor, _ name: String, _ singles: (Float, Float) -> Bool, _ doubles: (Double, Double) -> Bool,
    _ integers: (Int, Int) -> Bool
  ) throws(ShapeError) -> Tensor {
    let result = try shape.broadcast(with: other.shape, operation: name)
    if dtype == .i64, other.dtype == .i64 {
      let (a, b) = (try aligned(to: result).integers(), try other.aligned(to: result).integers())
      return Tensor(result, .bool, of: Bool.self) { for i in $0.indices { $0[i] = integers(a[i], b[i]) } }
    }
    let (a, b) = (Operand(self, in: result), Operand(other, in: result))
    // The loops stand here, where the type of the elements is known.
    return DType.computed(dtype, other.dtype) == .f64
      ? mask(result, a, b) { range, x, y, out in
        for i in range { out[i] = doubles(x[i * a.step], y[i * b.step]) }
      }
      : mask(result, a, b) { range, x, y, out in
        for i in range { out[i] = singles(x[i * a.step], y[i * b.step]) }
      }
  }

  @inline(__always)
  private func mask<Element: Real>(
    _ shape: Shape, _ a: Operand, _ b: Operand,
    _ body: (Range<Int>, UnsafePointer<Element>, UnsafePointer<Element>, UnsafeMutablePointer<Bool>) -> Void
  ) -> Tensor {
    Tensor(shape, .bool, of: Bool.self) { out in
      a.tensor.withElements(as: Element.self) { x in
        b.tensor.withElements(as: Element.self) { y in
          guard let x = x.baseAddress, let y = y.baseAddress, let target = out.baseAddress else { return }
          inParallel(out.count, grain: 16384) { body($0, x, y, target) }
        }
      }
    }
  }

  private func logical(_ other: Tensor, _ name: String, _ body: (Bool, Bool) -> Bool) throws(ShapeError) -> Tensor {
    let result = try shape.broadcast(with: other.shape, operation: name)
    let (a, b) = (try aligned(to: result).booleans(name), try other.aligned(to: result).booleans(name))
    return Tensor(result, .bool, of: Bool.self) { for i in $0.indices { $0[i] = body(a[i], b[i]) } }
  }
}

/// A tensor in the axes of a result; a number stays one and is looked at for each element.
private struct Operand {
  let tensor: Tensor
  let step: Int

  init(_ tensor: Tensor, in shape: Shape) {
    self.tensor = tensor.shape.rank == 0 ? tensor : tensor.aligned(to: shape)
    step = tensor.shape.rank == 0 ? 0 : 1
  }
}
