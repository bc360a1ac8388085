/// Rotary position embedding: which angle each pair of features turns by per position.
public struct RotaryConfiguration: Sendable, Equatable {
  /// How a model that was trained on short sequences is made to read long ones.
  public enum Scaling: Sendable, Equatable {
    case none
    /// Positions count `factor` times slower.
    case linear(factor: Double)
    /// Past `originalPositions` the base grows with the sequence's length.
    case dynamic(factor: Double, originalPositions: Int)
    /// Llama 3.1: slow features are slowed by `factor`, fast ones kept, those between blended.
    case llama3(factor: Double, low: Double, high: Double, originalPositions: Int)
    /// YaRN (Peng 2023): features that turn less than `slow` times in `originalPositions` are slowed by `factor`, those that
    /// turn more than `fast` times kept, those between blended. `truncated`: the borders lie at whole pairs.
    case yarn(factor: Double, fast: Double, slow: Double, originalPositions: Int, truncated: Bool)
    /// LongRoPE (Ding 2024): each pair is slowed by its own factor, `long` ones in sequences past `originalPositions`.
    case longrope(short: [Double], long: [Double], originalPositions: Int)
  }

  public let base: Double
  public let scaling: Scaling
  /// How many features of each head turn, the first ones; nil for all.
  public let features: Int?
  /// What cosines and sines are multiplied by, so that scores of long sequences stay as sharp.
  public let attentionFactor: Double

  public init(base: Double, scaling: Scaling = .none, features: Int? = nil, attentionFactor: Double = 1) {
    self.base = base
    self.scaling = scaling
    self.features = features
    self.attentionFactor = attentionFactor
  }

  /// Whether angles depend on how long the sequence is.
  var dependsOnLength: Bool {
    switch scaling {
    case .dynamic, .longrope: true
    case .none, .linear, .llama3, .yarn: false
    }
  }
}
