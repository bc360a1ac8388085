import Kernels
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
  public func gelu() -> Variable { activation(.gelu, SK_GELU, value.gelu()) }
  /// With t = tanh(u), u = √(2/π)(x + 0.044715x³): (1 + t + x·(1 − t²)·u′)/2.
  public func geluTanh() -> Variable { activation(.geluTanh, SK_GELU_TANH, value.geluTanh()) }
  /// σ(1.702x)·(1 + 1.702x·(1 − σ(1.702x)))
  public func quickGelu() -> Variable { activation(.quickGelu, SK_QUICK_GELU, value.quickGelu()) }
  /// σ(x)·(1 + x·(1 − σ(x)))
  public func silu() -> Variable { activation(.silu, SK_SILU, value.silu()) }

  /// A function whose derivative is a kernel.
  private func activation(_ rule: Rule, _ operation: sk_unary_op, _ y: Tensor) -> Variable {
    func activated<Number: LayerNumber>(_: Number.Type) -> Variable {
      let x = value
      return Variable.record(rule, y, from: [self]) { gradient in
        let (g, x) = (gradient.to(Number.dtype), x.to(Number.dtype))
        let dx = Fresh<Number>(x.shape)
        withExtendedLifetime((g, x)) {
          Number.activationBackward(
            operation, dx.pointer, g.elements(Number.self), x.elements(Number.self), count: x.count)
        }
        return [dx.tensor]
      }
    }
    return activated(kernels(for: [self]))
  }
}
