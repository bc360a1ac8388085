import Autodiff

extension Activation {
  /// The same function of variables.
  var differentiable: ActivationKind {
    switch self {
    case .silu: .silu
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .quickGelu: .quickGelu
    case .relu: .relu
    }
  }
}
