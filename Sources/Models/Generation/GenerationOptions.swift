/// How tokens are chosen and when an answer ends.
public struct GenerationOptions: Sendable {
  /// Most tokens per answer; fewer where the model's positions end before.
  public var maximumTokens = 64
  /// 0 takes the likeliest token every time; above, logits are divided by it before a token is drawn.
  public var temperature = 0.0
  /// Draws among the k likeliest tokens only.
  public var topK: Int?
  /// Draws among the likeliest tokens that together reach this probability.
  public var topP: Double?
  /// Texts that end an answer and are not part of it.
  public var stop: [String] = []
  /// Every draw is a function of this, the sample's number and the step.
  public var seed: UInt64 = 0
  /// The number of the first sample of the batch: a batch of three draws what three batches of one draw when these
  /// start at 0, 1 and 2.
  public var firstSample = 0
  /// Whether each chosen token's log-probability under the model's own distribution is kept.
  public var keepsLogProbabilities = false

  public init() {}

  /// - Throws: `ModelError.generationOption`.
  func check() throws {
    guard maximumTokens >= 0 else {
      throw ModelError.generationOption(name: "max_tokens", found: "\(maximumTokens)", expected: "0 or more")
    }
    guard temperature >= 0, temperature.isFinite else {
      throw ModelError.generationOption(name: "temperature", found: "\(temperature)", expected: "a number from 0 on")
    }
    if let topK, topK < 1 {
      throw ModelError.generationOption(name: "top_k", found: "\(topK)", expected: "1 or more")
    }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ModelError.generationOption(name: "top_p", found: "\(topP)", expected: "above 0 and at most 1")
    }
    if stop.contains("") {
      throw ModelError.generationOption(name: "a stop text", found: "an empty one", expected: "at least one character")
    }
  }
}
