import Autodiff
import Tensors

/// What a training makes small: a loss over items, as a function of parameters.
protocol TrainingObjective: AnyObject {
  /// Items to learn from.
  var count: Int { get }
  var parameters: [TrainedParameter] { get }
  /// A number that tells this data from other data.
  var dataFingerprint: UInt64 { get }
  /// What it is that learns, for checkpoints.
  var subject: [(name: String, value: String)] { get }

  /// What the loss is divided by, over a whole batch.
  func normaliser(_ items: [Int]) throws -> Double
  /// How much work an item is, for splitting batches into even parts.
  func size(_ item: Int) throws -> Int
  /// The share of some items in the loss of their batch.
  ///
  /// - Parameters:
  ///   - parameters: as operators see them.
  ///   - key: where this part's random draws come from.
  func loss(
    _ items: [Int], of normaliser: Double, parameters: [Variable], key: RandomKey
  ) throws -> Variable
  /// Nil without held-out items.
  func measure(parameters: [Tensor]) throws -> (loss: Float, accuracy: Float?)?
  /// The sites with the largest activations when these items run.
  func largestActivations(_ items: [Int], parameters: [Tensor]) -> [LargestActivation]
}

extension TrainingObjective {
  func largestActivations(_ items: [Int], parameters: [Tensor]) -> [LargestActivation] { [] }
}
