import Foundation

/// Rotary position embedding: which angle each pair of features turns by per position.
public struct RotaryConfiguration: Sendable, Equatable {
  public enum Scaling: Sendable, Equatable {
    case none
    /// Positions count `factor` times slower.
    case linear(factor: Double)
    /// Llama 3.1: slow features are slowed by `factor`, fast ones kept, those between blended.
    case llama3(factor: Double, low: Double, high: Double, originalPositions: Int)
  }

  public let base: Double
  public let scaling: Scaling

  public init(base: Double, scaling: Scaling = .none) {
    self.base = base
    self.scaling = scaling
  }

  /// Radians per position for each of `headSize / 2` pairs; feature i turns with feature i + headSize / 2.
  ///
  /// In f32 step by step, as the reference computes it: at position 4,000 the rounding of a frequency shows.
  func frequencies(headSize: Int) -> [Float] {
    (0..<headSize / 2).map { pair in
      let frequency = 1 / powf(Float(base), Float(2 * pair) / Float(headSize))
      switch scaling {
      case .none: return frequency
      case .linear(let factor): return frequency / Float(factor)
      case .llama3(let factor, let low, let high, let original):
        let wavelength = 2 * Float.pi / frequency
        if wavelength < Float(original) / Float(high) { return frequency }
        if wavelength > Float(original) / Float(low) { return frequency / Float(factor) }
        let blend = (Float(original) / wavelength - Float(low)) / Float(high - low)
        return (1 - blend) * frequency / Float(factor) + blend * frequency
      }
    }
  }
}
