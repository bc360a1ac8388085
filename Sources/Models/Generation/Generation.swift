/// What a model answered to one prompt.
public struct Generation: Sendable, Equatable {
  public enum End: String, Sendable {
    /// The model said so, with one of its end tokens.
    case endToken
    /// One of the stop texts appeared.
    case stopText
    /// `maximumTokens` are there.
    case tokenLimit
    /// The model has no more positions.
    case positionLimit
  }

  /// All generated ids, an end token included.
  public let ids: [Int]
  /// The answer without special tokens, and up to the stop text if there is one.
  public let text: String
  public let end: End
  /// ln p of each of `ids` under the model's distribution, where they were asked for.
  public let logProbabilities: [Float]
}

/// How far a generation has come.
public struct GenerationProgress: Sendable {
  /// Tokens per answer so far, and at most.
  public let step: Int
  public let maximumSteps: Int
  /// Samples that have not ended.
  public let active: Int
  /// The token each sample got in this step, nil for those that had ended.
  public let ids: [Int?]
}
