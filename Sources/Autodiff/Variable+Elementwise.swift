import Tensors

/// Functions of each element.
extension Variable {
  public func negated() -> Variable {
    Variable.record(.negated, value.negated(), from: [self]) { [$0.negated()] }
  }

  public func exp() -> Variable {
    let y = value.exp()
    return elementwise(.exp, y) { y }
  }

  public func log() -> Variable {
    let x = value
    return Variable.record(.log, x.log(), from: [self]) { [try $0.dividing(x)] }
  }

  public func sin() -> Variable {
    let x = value
    return elementwise(.sin, x.sin()) { x.cos() }
  }

  public func cos() -> Variable {
    let x = value
    return elementwise(.cos, x.cos()) { x.sin().negated() }
  }

  /// Infinite at 0.
  public func sqrt() -> Variable {
    let y = value.sqrt()
    return Variable.record(.sqrt, y, from: [self]) { [try $0.times(0.5).dividing(y)] }
  }

  public func square() -> Variable {
    let x = value
    return elementwise(.square, x.square()) { try x.times(2) }
  }

  public func reciprocal() -> Variable {
    let y = value.reciprocal()
    return elementwise(.reciprocal, y) { y.square().negated() }
  }

  /// 0 at 0.
  public func abs() -> Variable {
    let x = value
    return elementwise(.abs, x.abs()) { x.sign() }
  }

  public func erf() -> Variable {
    let x = value
    return elementwise(.erf, x.erf()) { try x.square().negated().exp().times(2 / Double.pi.squareRoot()) }
  }

  /// 1 at the bounds.
  public func clamp<Bound: BinaryFloatingPoint>(
    from low: Bound = -Bound.infinity, to high: Bound = Bound.infinity
  ) throws -> Variable {
    let x = value
    let y = try x.clamp(from: low, to: high)
    return Variable.record(.clamp, y, from: [self]) { [try $0.kept(where: x.equal(y))] }
  }

  /// Flat between its steps.
  public func floor() -> Variable { flat(.floor, value.floor()) }
  public func ceil() -> Variable { flat(.ceil, value.ceil()) }
  public func round() -> Variable { flat(.round, value.round()) }
  public func sign() -> Variable { flat(.sign, value.sign()) }

  private func flat(_ rule: Rule, _ y: Tensor) -> Variable {
    Variable.record(rule, y, from: [self]) { [$0.zeros($0.shape)] }
  }

  /// The function with the value `y` and this slope.
  func elementwise(_ rule: Rule, _ y: Tensor, slope: @escaping () throws -> Tensor) -> Variable {
    Variable.record(rule, y, from: [self]) { [try $0.multiplying(slope())] }
  }
}
