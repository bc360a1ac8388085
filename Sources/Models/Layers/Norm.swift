import Kernels

/// RMS or layer norm over rows, with its learned scale and, for layer norm, offset.
struct Norm: Sendable {
  let kind: BlockConfiguration.Norm
  let scale: Weight
  let offset: Weight?
  let width: Int
  let epsilon: Float

  /// The same norm with scale and offset stored alike, as the kernel takes them; widening changes no value.
  var withOneType: Norm {
    guard let offset, offset.type != scale.type else { return self }
    return Norm(
      kind: kind, scale: scale.replaced(by: scale.tensor.to(.f32)), offset: offset.replaced(by: offset.tensor.to(.f32)),
      width: width, epsilon: epsilon)
  }

  /// `out` and `x` are `[row, width]` and may be the same.
  func apply(_ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int) {
    let (width, rows) = (Int64(width), Int64(rows))
    switch kind {
    case .rms, .rmsLessOne:
      sk_rmsnorm(out, width, x, width, rows, width, scale.pointer, scale.type, kind.offset, epsilon)
    case .layer:
      sk_layernorm(out, width, x, width, rows, width, scale.pointer, offset?.pointer, scale.type, epsilon)
    }
  }
}
