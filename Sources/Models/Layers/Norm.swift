import Kernels

/// RMS or layer norm over rows, with its learned scale and, for layer norm, offset.
struct Norm: Sendable {
  let kind: BlockConfiguration.Norm
  let scale: Weight
  let offset: Weight?
  let width: Int
  let epsilon: Float

  /// `out` and `x` are `[row, width]` and may be the same.
  func apply(_ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int) {
    let (width, rows) = (Int64(width), Int64(rows))
    switch kind {
    case .rms: sk_rmsnorm(out, width, x, width, rows, width, scale.pointer, scale.type, 0, epsilon)
    case .layer:
      sk_layernorm(out, width, x, width, rows, width, scale.pointer, offset?.pointer, scale.type, epsilon)
    }
  }
}
