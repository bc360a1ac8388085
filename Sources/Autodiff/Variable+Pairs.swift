import Tensors

/// Functions of pairs of elements beyond the four of arithmetic, axes matched by name.
extension Variable {
  /// Equal elements share the gradient.
  public func minimum(_ other: Variable) throws -> Variable {
    try better(.minimumOfTwo, other, value.minimum(other.value))
  }

  /// Equal elements share the gradient.
  public func maximum(_ other: Variable) throws -> Variable {
    try better(.maximumOfTwo, other, value.maximum(other.value))
  }

  private func better(_ rule: Rule, _ other: Variable, _ y: Tensor) throws -> Variable {
    let (a, b, needsA, needsB) = (value, other.value, isTracked, other.isTracked)
    return Variable.record(rule, y, from: [self, other]) { g in
      let won = try y.equal(a).indicator
      let wonByBoth = try won.multiplying(y.equal(b).indicator).times(0.5)
      let share = try won.subtracting(wonByBoth)
      return [
        needsA ? try g.multiplying(share).gathered(to: a.shape) : nil,
        needsB ? try g.subtracting(g.multiplying(share)).gathered(to: b.shape) : nil,
      ]
    }
  }

  /// ∂xᵖ = p·xᵖ⁻¹ (0 for p = 0) and xᵖ·ln x (0 for x = 0, p ≥ 0).
  public func power(_ other: Variable) throws -> Variable {
    let (x, p, needsX, needsP) = (value, other.value, isTracked, other.isTracked)
    let y = try x.power(p)
    return Variable.record(.power, y, from: [self, other]) { g in
      var passed: [Tensor?] = [nil, nil]
      if needsX {
        let slope = try x.power(p.plus(-1)).multiplying(p)
        let constant = try p.equal(p.constant(0))
        passed[0] = try g.multiplying(constant.choose(p.constant(0), else: slope)).gathered(to: x.shape)
      }
      if needsP {
        let flat = try x.equal(x.constant(0)).and(p.greaterOrEqual(p.constant(0)))
        passed[1] = try g.multiplying(flat.choose(x.constant(0), else: y.multiplying(x.log()))).gathered(to: p.shape)
      }
      return passed
    }
  }

  /// x − p·⌊x/p⌋, whose derivative in p is −⌊x/p⌋.
  public func remainder(_ other: Variable) throws -> Variable {
    let (x, p, needsX, needsP) = (value, other.value, isTracked, other.isTracked)
    let y = try x.remainder(p)
    return Variable.record(.remainder, y, from: [self, other]) { g in
      let times = needsP ? try x.subtracting(y).dividing(p).round() : nil
      return [
        needsX ? try g.gathered(to: x.shape) : nil,
        try times.map { try g.multiplying($0).negated().gathered(to: p.shape) },
      ]
    }
  }
}
