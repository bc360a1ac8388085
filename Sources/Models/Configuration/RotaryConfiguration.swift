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

  /// What of a row's position its pairs of features turn by.
  public enum Coordinates: Sendable, Equatable {
    /// The place in the sequence.
    case sequence
    /// M-RoPE (Wang 2024): so many pairs by the time, so many by the row, so many by the column, and on in turn. For text
    /// all three are one number; for pictures `MultimodalPositions` says them.
    case sections([Int])
    /// The first half of the pairs by the row on a picture's grid, the second by the column, each half with the
    /// frequencies of a head half as wide.
    case grid
  }

  public let base: Double
  public let scaling: Scaling
  /// How many features of each head turn, the first ones; nil for all.
  public let features: Int?
  /// What cosines and sines are multiplied by, so that scores of long sequences stay as sharp.
  public let attentionFactor: Double
  public internal(set) var coordinates: Coordinates

  public init(
    base: Double, scaling: Scaling = .none, features: Int? = nil, attentionFactor: Double = 1,
    coordinates: Coordinates = .sequence
  ) {
    self.base = base
    self.scaling = scaling
    self.features = features
    self.attentionFactor = attentionFactor
    self.coordinates = coordinates
  }

  /// Whether angles depend on how long the sequence is.
  var dependsOnLength: Bool {
    switch scaling {
    case .dynamic, .longrope: true
    case .none, .linear, .llama3, .yarn: false
    }
  }

  /// Which coordinate of a position each of so many pairs turns by.
  func axes(pairs: Int) -> [RotaryPosition.Axis] {
    switch coordinates {
    case .sequence: Array(repeating: .time, count: pairs)
    case .sections(let sizes):
      sizes.enumerated().flatMap { Array(repeating: RotaryPosition.Axis(rawValue: $0 % 3) ?? .time, count: $1) }
    case .grid: (0..<pairs).map { $0 < pairs / 2 ? .row : .column }
    }
  }
}
