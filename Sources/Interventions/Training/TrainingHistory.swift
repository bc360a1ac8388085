/// What a training went through, step by step. Times are no part of it: equal trainings have equal histories.
public struct TrainingHistory: Sendable, Equatable {
  /// By step: the loss over the step's batch before it, the learning rate, and the gradients' global norm before
  /// clipping.
  public internal(set) var losses: [Float] = []
  public internal(set) var rates: [Float] = []
  public internal(set) var norms: [Float] = []
  /// In order of their steps.
  public internal(set) var heldOut: [HeldOut] = []

  public init() {}

  /// What was measured on held-out items after a number of steps.
  public struct HeldOut: Sendable, Equatable {
    public let step: Int
    public let loss: Float
    /// The share of items whose whole answer greedy decoding would give; nil where there are no answers.
    public let accuracy: Float?
  }
}
