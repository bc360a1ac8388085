import Autodiff
import Tensors

/// How a training goes, whatever it is that learns.
public struct TrainingOptions {
  public enum Length: Sendable, Equatable {
    case steps(Int)
    /// Passes over all items.
    case epochs(Double)
  }

  /// How long it goes on.
  public var length = Length.epochs(1)
  /// Items in one step.
  public var batch = 16
  /// Into how many parts a step's batch is split to save memory. The result is the same but for rounding.
  public var accumulate = 1
  public var rule = UpdateRule.adamW()
  /// The peak of the learning rate.
  public var rate = 2e-4
  public var schedule = Schedule(.cosine, warmUp: .share(0.03))
  /// Weight decay; orthonormal parameters have none.
  public var decay = 0.0
  /// Whether vectors decay too; matrices always do.
  public var decaysVectors = false
  /// The most that the gradients' global norm may be; nil leaves it.
  public var clip: Double? = 1
  /// How parameters that were drawn orthonormal stay so.
  public var constraint = OrthonormalConstraint.householder

  /// Steps between measurements on the held-out items; nil measures at the end.
  public var heldOutEvery: Int?
  /// After how many measurements without a better one training stops; it then gives the best parameters there were.
  public var patience: Int?
  /// What is to get better.
  public var watched = Watched.loss
  public enum Watched: String, Sendable, CaseIterable { case loss, accuracy }

  /// Where order and dropout are drawn from.
  public var key = RandomKey(seed: 0)
  /// Which file keeps what it takes to go on.
  public var checkpoint: String?
  /// Steps between two of them; nil writes one at the end, or when the training is stopped.
  public var checkpointEvery: Int?
  /// A checkpoint to go on from.
  public var resume: String?

  public init() {}

  /// The number of steps for `count` items; the last one of an epoch may reach into the next.
  func steps(for count: Int) -> Int {
    switch length {
    case .steps(let steps): steps
    case .epochs(let epochs): max(1, Int((epochs * Double(count) / Double(batch)).rounded(.up)))
    }
  }

  /// - Throws: `TrainingError.option` for the first one that makes no sense.
  func check() throws(TrainingError) {
    func demand(_ holds: Bool, _ name: String, _ reason: String) throws(TrainingError) {
      if !holds { throw .option(name, reason: reason) }
    }
    switch length {
    case .steps(let steps): try demand(steps >= 1, "steps", "is \(steps); it is at least 1")
    case .epochs(let epochs):
      try demand(epochs > 0 && epochs <= 1e6, "epochs", "is \(epochs); it is above 0 and at most 1e6")
    }
    try demand(batch >= 1, "batch", "is \(batch); it is at least 1")
    try demand(
      (1...batch).contains(accumulate), "accumulate", "is \(accumulate); it lies between 1 and the batch, \(batch)")
    try demand(rate > 0 && rate.isFinite, "lr", "is \(rate); it is above 0")
    try demand(decay >= 0 && decay.isFinite, "decay", "is \(decay); it is at least 0")
    try demand(clip.map { $0 > 0 } ?? true, "clip", "is \(clip ?? 0); it is above 0")
    try demand(rule.fault == nil, "optimiser", rule.fault ?? "")
    try demand((0...1).contains(schedule.floor), "floor", "is \(schedule.floor); it lies between 0 and 1")
    if case .share(let share) = schedule.warmUp {
      try demand((0...1).contains(share), "warmup", "is \(share); a share lies between 0 and 1")
    }
    try demand(heldOutEvery.map { $0 >= 1 } ?? true, "every", "is \(heldOutEvery ?? 0); it is at least 1")
    try demand(patience.map { $0 >= 1 } ?? true, "patience", "is \(patience ?? 0); it is at least 1")
    try demand(
      checkpointEvery.map { $0 >= 1 } ?? true, "checkpoint_every", "is \(checkpointEvery ?? 0); it is at least 1")
    try demand(
      checkpointEvery == nil || checkpoint != nil, "checkpoint_every", "needs a `checkpoint` to write to")
  }
}
