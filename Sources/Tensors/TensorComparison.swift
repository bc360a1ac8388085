/// Masks: comparisons, logic, and choosing by a mask. A comparison with NaN is false, except `notEqual`.
extension Tensor {
  public func equal(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, "==", { $0 == $1 }, { $0 == $1 })
  }
  public func notEqual(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, "!=", { $0 != $1 }, { $0 != $1 })
  }
  public func less(_ other: Tensor) throws(ShapeError) -> Tensor { try compared(other, "<", { $0 < $1 }, { $0 < $1 }) }
  public func lessOrEqual(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, "<=", { $0 <= $1 }, { $0 <= $1 })
  }
  public func greater(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, ">", { $0 > $1 }, { $0 > $1 })
  }
  public func greaterOrEqual(_ other: Tensor) throws(ShapeError) -> Tensor {
    try compared(other, ">=", { $0 >= $1 }, { $0 >= $1 })
  }

  public func isNaN() -> Tensor { tested { $0.isNaN } }
  public func isFinite() -> Tensor { tested { $0.isFinite } }
  public func isInfinite() -> Tensor { tested { $0.isInfinite } }

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
    let (a, b) = (yes.to(.f32).aligned(to: result), no.to(.f32).aligned(to: result))
    return Tensor(result) { out in
      a.withFloats { a in b.withFloats { b in for i in out.indices { out[i] = mask[i] ? a[i] : b[i] } } }
    }
  }

  @inline(__always)
  private func tested(_ body: (Float) -> Bool) -> Tensor {
    let x = to(.f32)
    return Tensor(shape, .bool, of: Bool.self) { out in
      x.withFloats { for i in out.indices { out[i] = body($0[i]) } }
    }
  }

  @inline(__always)
  private func compared(
    _ other: Tensor, _ name: String, _ floats: (Float, Float) -> Bool, _ integers: (Int, Int) -> Bool
  ) throws(ShapeError) -> Tensor {
    let result = try shape.broadcast(with: other.shape, operation: name)
    if dtype == .i64, other.dtype == .i64 {
      let (a, b) = (try aligned(to: result).integers(), try other.aligned(to: result).integers())
      return Tensor(result, .bool, of: Bool.self) { for i in $0.indices { $0[i] = integers(a[i], b[i]) } }
    }
    let (a, b) = (self.to(.f32).aligned(to: result), other.to(.f32).aligned(to: result))
    return Tensor(result, .bool, of: Bool.self) { out in
      a.withFloats { a in b.withFloats { b in for i in out.indices { out[i] = floats(a[i], b[i]) } } }
    }
  }

  private func logical(_ other: Tensor, _ name: String, _ body: (Bool, Bool) -> Bool) throws(ShapeError) -> Tensor {
    let result = try shape.broadcast(with: other.shape, operation: name)
    let (a, b) = (try aligned(to: result).booleans(name), try other.aligned(to: result).booleans(name))
    return Tensor(result, .bool, of: Bool.self) { for i in $0.indices { $0[i] = body(a[i], b[i]) } }
  }
}
