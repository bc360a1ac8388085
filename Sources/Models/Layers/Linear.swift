import Kernels

/// `y = x Wᵀ + b` with `W` as stored, `[output, input]`.
struct Linear: Sendable {
  let weight: Weight
  let bias: Weight?
  let input: Int
  let output: Int

  /// - Parameters:
  ///   - out: `[row, output]`; may not overlap `x`.
  ///   - x: `[row, input]`.
  func apply(_ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int) {
    let multiply = weight.compute == .bf16 ? sk_linear_bf16 : sk_linear
    multiply(
      out, Int64(output), x, Int64(input), weight.pointer, Int64(input), weight.type, bias?.pointer,
      bias?.type ?? SK_F32, Int64(rows), Int64(output), Int64(input))
  }
}
