import Foundation

extension RotaryConfiguration {
  /// Radians per position for each pair of the features that turn; feature i turns with the one half of them further on.
  ///
  /// In f32 step by step, as the reference computes it: at position 4,000 the rounding of a frequency shows.
  ///
  /// - Parameter length: positions of the sequence, those before the pass included.
  func frequencies(headSize: Int, length: Int) -> [Float] {
    guard coordinates == .grid else { return frequencies(of: features ?? headSize, length: length) }
    let half = frequencies(of: headSize / 2, length: length)
    return half + half
  }

  private func frequencies(of size: Int, length: Int) -> [Float] {
    let exponents = (0..<size / 2).map { Float(2 * $0) / Float(size) }
    func powers(_ base: Float) -> [Float] { exponents.map { powf(base, $0) } }
    let plain = powers(Float(base)).map { 1 / $0 }
    switch scaling {
    case .none: return plain
    case .linear(let factor): return plain.map { $0 / Float(factor) }
    case .dynamic(let factor, let original):
      guard length > original, size > 2 else { return plain }
      let stretch = Float(factor) * Float(length) / Float(original) - Float(factor - 1)
      return powers(Float(base) * powf(stretch, Float(Double(size) / Double(size - 2)))).map { 1 / $0 }
    case .llama3(let factor, let low, let high, let original):
      return plain.map { frequency in
        let wavelength = 2 * Float.pi / frequency
        if wavelength < Float(original) / Float(high) { return frequency }
        if wavelength > Float(original) / Float(low) { return frequency / Float(factor) }
        let blend = (Float(original) / wavelength - Float(low)) / Float(high - low)
        return (1 - blend) * frequency / Float(factor) + blend * frequency
      }
    case .yarn(let factor, let fast, let slow, let original, let truncated):
      let (first, last) = yarnBorders(size: size, fast: fast, slow: slow, original: original, truncated: truncated)
      return zip(powers(Float(base)), 0...).map { power, pair in
        let ramp = (Float(pair) - Float(first)) / Float(last == first ? 0.001 : last - first)
        let kept = 1 - min(max(ramp, 0), 1)
        return 1 / (Float(factor) * power) * (1 - kept) + 1 / power * kept
      }
    case .longrope(let short, let long, let original):
      return zip(powers(Float(base)), length > original ? long : short).map { 1 / (Float($1) * $0) }
    }
  }

  /// The pairs between which YaRN goes over from keeping a frequency to slowing it.
  private func yarnBorders(
    size: Int, fast: Double, slow: Double, original: Int, truncated: Bool
  ) -> (first: Double, last: Double) {
    func pair(turning turns: Double) -> Double {
      Double(size) * log(Double(original) / (turns * 2 * Double.pi)) / (2 * log(base))
    }
    let (first, last) = (pair(turning: fast), pair(turning: slow))
    return (
      max(truncated ? first.rounded(.down) : first, 0), min(truncated ? last.rounded(.up) : last, Double(size - 1))
    )
  }
}
