/// What a training on answers is told beside `TrainingOptions`.
public struct AnswerOptions {
  public enum Normalisation: String, Sendable, CaseIterable {
    /// The cross entropies of an answer's tokens add up, and samples are averaged: a long answer counts for more.
    case sample
    /// The mean over all answer tokens of the batch, by their weights.
    case token
  }

  public var normalisation = Normalisation.sample
  /// The share of an edit's numbers that are dropped at random while it learns; what stays is scaled up.
  public var dropout: Float = 0
  public var dropped = Dropped.change
  public enum Dropped: String, Sendable, CaseIterable {
    /// What the edit adds.
    case change
    /// The edited activation itself, as the ReFT family has it.
    case output
  }
  /// Whether blocks are run again on the way back rather than kept: less memory, one more forward pass.
  public var checkpointed = false
  /// How much memory features of images and pixels of items may take, in bytes each.
  public var cacheBytes = 1 << 29
  /// Which parameters learn; the others stay as they are.
  public var learns: (_ edit: Int, _ site: String, _ parameter: String) -> Bool = { _, _, _ in true }

  public init() {}

  func check() throws(TrainingError) {
    guard (0..<1).contains(dropout) else {
      throw .option("dropout", reason: "is \(numberText(dropout)); it lies in 0..<1")
    }
  }
}
