/// A training that ended before its time. What it had learned is not lost.
public struct StoppedTraining: Error {
  public enum Cause: Sendable {
    case cancelled
    /// The loss or a gradient was no finite number. `largest` are the sites with the largest activations.
    case diverged(what: String, items: [Int], largest: [LargestActivation])
    case checkpointNotWritten(path: String, reason: String)
    case failed(any Error)
  }

  public let cause: Cause
  /// Steps that were finished.
  public let step: Int
  public let steps: Int
  /// What had been learned by then; where the loss diverged, what gave the last finite one.
  public let result: TrainingResult
  /// Where it was saved.
  public let checkpoint: String?
  /// The same as an intervention, where one was trained.
  public internal(set) var trained: TrainedIntervention?
}

/// The parameters that a training ended with, by name, and how it came to them.
public struct TrainingResult: Sendable {
  public let parameters: [NamedTensor]
  public let history: TrainingHistory
  /// The step whose parameters these are.
  public let step: Int
}

/// How large activations were at one site.
public struct LargestActivation: Sendable, Equatable {
  public let site: String
  /// Not finite where any was not.
  public let size: Float

  public init(site: String, size: Float) {
    self.site = site
    self.size = size
  }
}

extension StoppedTraining: CustomStringConvertible {
  public var description: String {
    let place = "at step \(step + 1) of \(steps)"
    let after = checkpoint.map { "; go on with `resume: \(sourceLiteral($0))`" } ?? ""
    switch cause {
    case .cancelled: return "training was stopped after \(step) of \(steps) steps" + after
    case .failed(let error): return "training failed \(place): \(error)" + after
    case .checkpointNotWritten(let path, let reason):
      return "training ended after \(step) of \(steps) steps because its checkpoint could not be written to \(path): "
        + "\(reason); what it learned is kept"
    case .diverged(let what, let items, let largest):
      let shown = items.prefix(8).map(String.init).joined(separator: ", ") + (items.count > 8 ? ", …" : "")
      let sites = largest.map { "`\($0.site)` \(numberText($0.size))" }.joined(separator: ", ")
      return "\(what) \(place), in the batch of items \(shown)"
        + (sites.isEmpty ? "" : "; the largest activations: \(sites)")
        + "; lower `lr`, or `clip`; the last good parameters are kept" + (checkpoint.map { " in \($0)" } ?? "")
    }
  }
}
