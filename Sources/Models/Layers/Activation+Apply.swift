import Kernels

extension Activation {
  private var operation: sk_unary_op {
    switch self {
    case .silu: SK_SILU
    case .gelu: SK_GELU
    case .geluTanh: SK_GELU_TANH
    case .quickGelu: SK_QUICK_GELU
    case .relu: SK_RELU
    }
  }

  /// In place over `count` elements.
  func apply(_ x: UnsafeMutablePointer<Float>, count: Int) { sk_unary(operation, x, x, Int64(count)) }

  /// `gate = act(gate) · up`, both `[row, width]`.
  func gate(_ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, rows: Int, width: Int) {
    let width = Int64(width)
    sk_gate(operation, gate, width, gate, width, up, width, Int64(rows), width)
  }
}
