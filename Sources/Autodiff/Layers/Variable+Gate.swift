import Kernels
import Tensors

/// The nonlinearity of an MLP.
public enum ActivationKind: String, CaseIterable, Sendable {
  case silu, gelu, geluTanh, quickGelu, relu

  fileprivate var operation: sk_unary_op {
    switch self {
    case .silu: SK_SILU
    case .gelu: SK_GELU
    case .geluTanh: SK_GELU_TANH
    case .quickGelu: SK_QUICK_GELU
    case .relu: SK_RELU
    }
  }
}

extension Variable {
  /// The nonlinearity by its name.
  public func activated(_ activation: ActivationKind) throws -> Variable {
    switch activation {
    case .silu: silu()
    case .gelu: gelu()
    case .geluTanh: geluTanh()
    case .quickGelu: quickGelu()
    case .relu: relu()
    }
  }

  /// act(x)·up, as in a gated MLP, with its bits. dx = dy·up·act′(x), dup = dy·act(x).
  ///
  /// - Parameter up: of this variable's shape.
  public func gated(by up: Variable, _ activation: ActivationKind) throws -> Variable {
    guard up.shape == shape else {
      throw ShapeError.mismatch(operation: "gated", expected: "\(shape) on both sides", found: up.shape)
    }
    let operation = activation.operation
    let width = axes.last?.size ?? 1
    let rows = count / max(width, 1)

    func gated<Number: LayerNumber>(_: Number.Type) -> Variable {
      let (x, u) = (value.to(Number.dtype), up.value.to(Number.dtype))
      let y = Fresh<Number>(shape)
      withExtendedLifetime((x, u)) {
        Number.gate(operation, y.pointer, x.elements(Number.self), u.elements(Number.self), rows: rows, width: width)
      }
      let (needsGate, needsUp) = (isTracked, up.isTracked)
      return Variable.record(.gate, y.tensor, from: [self, up]) { gradient in
        let g = gradient.to(Number.dtype)
        let (dx, du) = (Fresh<Number>(x.shape, if: needsGate), Fresh<Number>(x.shape, if: needsUp))
        withExtendedLifetime((g, x, u)) {
          Number.gateBackward(
            operation, dx?.pointer, du?.pointer, g.elements(Number.self), x.elements(Number.self),
            u.elements(Number.self), rows: rows, width: width)
        }
        return [dx?.tensor, du?.tensor]
      }
    }
    return gated(kernels(for: [self, up]))
  }
}
