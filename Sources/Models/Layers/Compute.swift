/// How linear maps multiply. Sums are f32 in both.
public enum Compute: String, Sendable, CaseIterable {
  /// As exact as f32, whatever the weights are stored as.
  case f32
  /// Activations are rounded to bf16 before they meet a weight that is stored so: an output is off by at most 2⁻⁹ of the sum
  /// of its products' magnitudes. Twice as fast on processors that multiply pairs of bf16 (AVX512_BF16), no faster on
  /// others. Gradients are taken in f32.
  case bf16
}
