import Autodiff
import Tensors

/// How a function is fitted, beside how the training goes.
public struct FittingOptions {
  /// Batches of more items than there are take all of them.
  public var training = Self.usual
  /// The weight of the absolute error, a mean over features as the squared error is.
  public var l1 = 0.0
  /// The weight of 1 − cos(output, target).
  public var cosine = 0.0
  /// Whether inputs are standardised, by the mean and deviation of those that are learned from.
  public var standardise = false
  /// The share of samples that are measured and not learned from.
  public var heldOut = 0.0
  /// First values of parameters by name; the others are drawn.
  public var start: [String: Tensor] = [:]

  public init() {}

  private static var usual: TrainingOptions {
    var options = TrainingOptions()
    options.length = .steps(1000)
    options.batch = 32
    options.rate = 1e-3
    options.schedule = Schedule(.cosine)
    options.clip = nil
    return options
  }

  /// - Throws: `TrainingError.option` for the first one that makes no sense.
  func check() throws(TrainingError) {
    for (name, weight) in [("l1", l1), ("cosine", cosine)] where !(weight >= 0 && weight.isFinite) {
      throw .option(name, reason: "is \(numberText(weight)); a weight is at least 0")
    }
    guard (0..<1).contains(heldOut) else {
      throw .option("held_out", reason: "is \(numberText(heldOut)); a share lies in 0..<1")
    }
  }
}
