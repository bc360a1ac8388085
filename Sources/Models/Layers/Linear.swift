import Kernels

/// `y = x Wᵀ + b` with `W` as stored, `[output, input]`.
///
/// `apply` leaves out the pair of thin matrices that maps of some decoders have; `Pass.apply` adds it.
struct Linear: Sendable {
  let weight: Weight
  let bias: Weight?
  let input: Int
  let output: Int
  var lowRank: LowRank?

  /// - Parameters:
  ///   - out: `[row, output]`; may not overlap `x`.
  ///   - x: `[row, input]`.
  func apply(_ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int) {
    guard let pairs = weight.pairs else { return apply(out, x, rows: rows, bias: bias) }
    apply(out, x, rows: rows, bias: nil)
    // The bias has the model's order, as f32.
    sk_halves_of_pairs(
      out, Int64(output), Int64(rows), Int64(output / pairs.headSize), Int64(pairs.headSize),
      bias?.pointer.assumingMemoryBound(to: Float.self))
  }

  private func apply(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, bias: Weight?
  ) {
    let multiply = weight.compute == .bf16 ? sk_linear_bf16 : sk_linear
    multiply(
      out, Int64(output), x, Int64(input), weight.pointer, Int64(input), weight.type, bias?.pointer,
      bias?.type ?? SK_F32, Int64(rows), Int64(output), Int64(input))
  }
}
