/// Thin pairs of matrices that a model was trained with and that stand beside some maps of its decoder. Hu et al. 2021.
public struct LowRankConfiguration: Sendable, Equatable {
  /// r
  public let rank: Int
  /// α; what a pair gives is multiplied by α / r.
  public let alpha: Double
  /// The maps that have a pair, by the last word of their module's name: `q_proj`.
  public let targets: [String]

  public init(rank: Int, alpha: Double, targets: [String]) {
    self.rank = rank
    self.alpha = alpha
    self.targets = targets
  }

  var scale: Float { Float(alpha / Double(rank)) }
}
