import Autodiff
import Tensors

/// Everything that the next step of a training depends on, apart from its data and options.
struct TrainingState: Sendable {
  /// Steps taken.
  var step = 0
  /// What learns, in the order of the parameters.
  var raw: [Tensor]
  /// What `raw` is reckoned from, for those parameters that have an origin.
  var origins: [Tensor?]
  var memory: [OptimiserState]
  var history = TrainingHistory()
  /// The best held-out measurement so far.
  var best: Best?
  /// Measurements since the best one.
  var sinceBest = 0

  /// A class, so that states share it.
  final class Best: Sendable {
    let step: Int
    let value: Float
    let raw: [Tensor]

    init(step: Int, value: Float, raw: [Tensor]) {
      self.step = step
      self.value = value
      self.raw = raw
    }
  }

  init(_ parameters: [TrainedParameter], _ rule: UpdateRule) throws {
    raw = try parameters.map { try $0.raw() }
    origins = try parameters.map { try $0.origin() }
    memory = raw.map { OptimiserState(rule, for: $0) }
  }
}
