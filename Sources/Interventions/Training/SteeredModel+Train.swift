import Models
import Tensors

/// An intervention that has learned, and how it came to.
public struct TrainedIntervention: Sendable {
  /// Bound to the model it was trained with.
  public let intervention: Intervention
  public let history: TrainingHistory
  /// The step whose parameters it has: the last, or with patience the best.
  public let step: Int
}

extension SteeredModel {
  /// Teaches an intervention to make the model give answers: gradient descent on their cross entropy.
  ///
  /// The model's own interventions act and stay as they are. Nothing of the model changes.
  ///
  /// - Parameters:
  ///   - heldOut: items that are measured now and then and never learned from.
  ///   - progress: told after every step.
  /// - Throws: `TrainingError` before the first step; `StoppedTraining` after it, with what was learned by then.
  public func train(
    _ intervention: Intervention, on data: TrainingData, heldOut: TrainingData? = nil, options: TrainingOptions,
    answers: AnswerOptions = AnswerOptions(), control: RunControl = RunControl(),
    progress: @escaping (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainedIntervention {
    let bound = try intervention.bind(
      SiteCatalog(base.configuration), fingerprint: base.fingerprint, key: options.key.fold("parameters"),
      weight: model.weight(at:))
    let objective = try AnswerObjective(
      self, bound, on: data, heldOut: heldOut, options, answers, control: control)
    let counts = try GradientProbe(objective, bound).check(batch: options.batch)
    for (edit, count) in zip(bound.edits, counts) where count.acting < count.of {
      notices.post(
        Notice(
          .info,
          "`\(edit.tokens)` selects nothing in \(count.of - count.acting) of \(count.of) items, "
            + "which do not teach `\(edit)`"))
    }
    do {
      return try bound.trained(TrainingLoop(objective, options, control: control, progress: progress).run())
    } catch var stopped as StoppedTraining {
      stopped.trained = try bound.trained(stopped.result)
      throw stopped
    }
  }
}

extension Intervention {
  fileprivate func trained(_ result: TrainingResult) throws -> TrainedIntervention {
    TrainedIntervention(intervention: try with(result), history: result.history, step: result.step)
  }

  /// The intervention with what a training of it gave; it must be bound.
  public func with(_ result: TrainingResult) throws -> Intervention {
    let learned = Dictionary(result.parameters.map { ($0.name, $0.tensor) }) { first, _ in first }
    return try mapParameters { edit, site, parameter in
      learned["edit\(edit).\(site.path).\(parameter.name)"] ?? parameter.tensor
    }
  }
}
