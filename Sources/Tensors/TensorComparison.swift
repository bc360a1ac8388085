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
    let mask = try aligned(to: result).booleans("where")
    if yes.dtype == .i64, no.dtype == .i64 {
      let (a, b) = (try yes.aligned(to: result).integers(), try no.aligned(to: result).integers())
      return Tensor(result, .i64, of: Int.self) { for i in $0.indices { $0[i] = mask[i] ? a[i] : b[i] } }
    }
    let (a, b) = (yes.aligned(to: result), no.aligned(to: result))
    return DType.computed(yes.dtype, no.dtype) == .f64
      ? chosen(mask, a, b, result, Double.self) : chosen(mask, a, b, result, Float.self)
  }

  @inline(__always)
  private func chosen<Element: Real>(
    _ mask: [Bool], _ a: Tensor, _ b: Tensor, _ result: Shape, _ type: Element.Type
  ) -> Tensor {
    Tensor(result, of: Element.self) { out in
      a.withElements(as: Element.self) { a in
        b.withElements(as: Element.self) { b in for i in out.indices { out[i] = mask[i] ? a[i] : b[i] } }
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
    return DType.computed(dtype, other.dtype) == .f64
      ? compared(other, result, doubles) : compared(other, result, singles)
  }

  @inline(__always)
  private func compared<Element: Real>(
    _ other: Tensor, _ result: Shape, _ body: (Element, Element) -> Bool
  ) -> Tensor {
    let (a, b) = (aligned(to: result), other.aligned(to: result))
    return Tensor(result, .bool, of: Bool.self) { out in
      a.withElements(as: Element.self) { a in
        b.withElements(as: Element.self) { b in for i in out.indices { out[i] = body(a[i], b[i]) } }
      }
    }
  }

  private func logical(_ other: Tensor, _ name: String, _ body: (Bool, Bool) -> Bool) throws(ShapeError) -> Tensor {
    let result = try shape.broadcast(with: other.shape, operation: name)
    let (a, b) = (try aligned(to: result).booleans(name), try other.aligned(to: result).booleans(name))
    return Tensor(result, .bool, of: Bool.self) { for i in $0.indices { $0[i] = body(a[i], b[i]) } }
  }
}
