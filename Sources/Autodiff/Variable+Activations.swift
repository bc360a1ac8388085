import Tensors

/// The nonlinearities of networks.
extension Variable {
  public func tanh() -> Variable {
    let y = value.tanh()
    return elementwise(.tanh, y) { try y.square().negated().plus(1) }
  }

  public func sigmoid() -> Variable {
    let y = value.sigmoid()
    return elementwise(.sigmoid, y) { try y.subtracting(y.square()) }
  }

  /// 0 at 0.
  public func relu() -> Variable {
    let y = value.relu()
    return Variable.record(.relu, y, from: [self]) { [try $0.kept(where: y.greater(y.constant(0)))] }
  }

  /// Φ(x) + x·φ(x), Φ and φ the normal distribution and its density.
  public func gelu() -> Variable {
    let x = value
    return elementwise(.gelu, x.gelu()) {
      let below = try x.times(0.5.squareRoot()).erf().plus(1).times(0.5)
      let density = try x.square().times(-0.5).exp().times(1 / (2 * Double.pi).squareRoot())
      return try below.adding(x.multiplying(density))
    }
  }

  /// With t = tanh(u), u = √(2/π)(x + 0.044715x³): (1 + t + x·(1 − t²)·u′)/2.
  public func geluTanh() -> Variable {
    let x = value
    return elementwise(.geluTanh, x.geluTanh()) {
      let (scale, square) = ((2 / Double.pi).squareRoot(), x.square())
      let t = try square.times(0.044715).plus(1).multiplying(x).times(scale).tanh()
      let inner = try square.times(3 * 0.044715).plus(1).times(scale)
      return try t.square().negated().plus(1).multiplying(x).multiplying(inner).adding(t).plus(1).times(0.5)
    }
  }

  public func quickGelu() -> Variable { gated(.quickGelu, value.quickGelu(), slope: 1.702) }
  public func silu() -> Variable { gated(.silu, value.silu(), slope: 1) }

  /// x·σ(ax), whose derivative is σ(ax) + a·y·(1 − σ(ax)).
  private func gated(_ rule: Rule, _ y: Tensor, slope: Double) -> Variable {
    let x = value
    return elementwise(rule, y) {
      let gate = try (slope == 1 ? x : x.times(slope)).sigmoid()
      let rest = try gate.negated().plus(1).multiplying(y)
      return try (slope == 1 ? rest : rest.times(slope)).adding(gate)
    }
  }
}
