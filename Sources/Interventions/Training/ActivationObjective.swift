import Autodiff
import Models
import Tensors

/// A loss of one's own over an activation, as a function of an intervention's parameters and of others that the loss brings:
/// a probe's, a pretraining's heads.
final class ActivationObjective: TrainingObjective {
  let parameters: [TrainedParameter]
  let subject: [(name: String, value: String)]
  let dataFingerprint: UInt64

  private let model: Model
  private let catalog: SiteCatalog
  private let interventions: [Intervention]
  private let data: ActivationData
  private let heldOut: ActivationData?
  private let site: Site
  /// The intervention's parameters, which come first.
  private let own: [AnswerObjective.Place: Int]
  private let batch: Int
  private let control: RunControl

  /// - Parameters:
  ///   - intervention: bound to the model.
  ///   - extra: parameters that only the loss reads.
  init(
    _ steered: SteeredModel, _ intervention: Intervention, reading site: Site, on data: ActivationData,
    heldOut: ActivationData?, extra: [NamedTensor], _ training: TrainingOptions, control: RunControl
  ) throws {
    try training.check()
    guard data.count > 0 else { throw TrainingError.noData }
    model = steered.base
    catalog = SiteCatalog(model.configuration)
    interventions = steered.interventions + [intervention]
    self.data = data
    self.heldOut = heldOut
    self.site = site
    self.control = control
    batch = training.batch
    let learned = intervention.trainedParameters(training.constraint) { _, _, _ in true }
    own = learned.places
    parameters = learned.parameters + extra.map { TrainedParameter("loss.\($0.name)", $0.tensor) }
    guard !parameters.isEmpty else { throw TrainingError.nothingToTrain(intervention: intervention.description) }
    subject = [
      ("model", model.fingerprint.description), ("intervention", intervention.description), ("reading", site.path),
    ]
    dataFingerprint = UInt64(data.count)
  }

  var count: Int { data.count }

  func normaliser(_ items: [Int]) throws -> Double { Double(items.count) }
  func size(_ item: Int) throws -> Int { 1 }

  func loss(
    _ items: [Int], of normaliser: Double, parameters: [Variable], key: RandomKey
  ) throws -> Variable {
    // The loss is a mean over items; a part of a batch has its share of it.
    let share = Variable(Tensor(Float(Double(items.count) / normaliser)))
    return try loss(items, in: data, parameters) * share
  }

  private func loss(_ items: [Int], in data: ActivationData, _ parameters: [Variable]) throws -> Variable {
    let plan = try SteeringPlan(interventions, catalog, learning: own, as: parameters)
    let session = DifferentiableSession(plan, notices: NoticeBoard())
    var run = DifferentiableRun.Options()
    run.listener = session
    run.weights = try plan.editedWeights(of: model)
    run.control = control
    let (value, samples) = try model.activation(try items.map { try plan.laidOut(data.prompt($0)) }, at: site, run)
    let rows = samples.map(\.count)
    guard let first = rows.first, rows.allSatisfy({ $0 == first }) else {
      throw TrainingError.ragged(site: site.path, rows: Set(rows).sorted())
    }
    let packed = try value.split("token", into: [Axis("sample", rows.count), Axis("token", first)])
    let loss = try data.loss(items, packed, Array(parameters[own.count...]))
    guard loss.count == 1 else { throw AutodiffError.notScalar(loss.shape) }
    return loss
  }

  func measure(parameters: [Tensor]) throws -> (loss: Float, accuracy: Float?)? {
    guard let heldOut else { return nil }
    var sum = 0.0
    for start in stride(from: 0, to: heldOut.count, by: batch) {
      let items = Array(start..<min(start + batch, heldOut.count))
      let loss = try loss(items, in: heldOut, parameters.map { Variable($0) })
      sum += Double(try loss.value.item()) * Double(items.count)
    }
    return (Float(sum / Double(heldOut.count)), nil)
  }
}

/// Prompts by number, and what is wanted of the activations that they cause.
public struct ActivationData {
  public let count: Int
  let prompt: (Int) throws -> Prompt
  let loss: (_ items: [Int], _ activation: Variable, _ extra: [Variable]) throws -> Variable

  /// - Parameter loss: from `[sample, token, …]` of some items and the parameters that the loss brings to their mean loss.
  public init(
    count: Int, prompt: @escaping (Int) throws -> Prompt,
    loss: @escaping (_ items: [Int], _ activation: Variable, _ extra: [Variable]) throws -> Variable
  ) {
    self.count = count
    self.prompt = prompt
    self.loss = loss
  }
}

extension SteeredModel {
  /// Teaches an intervention to make a loss of an activation small: a probe's, or whatever a script writes.
  ///
  /// - Parameters:
  ///   - extra: parameters that only the loss reads and that learn with the intervention's.
  /// - Returns: the intervention, and what the extra parameters became.
  /// - Throws: `TrainingError` before the first step; `StoppedTraining` after it, with what was learned by then.
  public func train(
    _ intervention: Intervention, reading site: Site, on data: ActivationData, heldOut: ActivationData? = nil,
    extra: [NamedTensor] = [], options: TrainingOptions, control: RunControl = RunControl(),
    progress: @escaping (TrainingProgress) throws -> Void = { _ in }
  ) throws -> (trained: TrainedIntervention, extra: [NamedTensor]) {
    let bound = try intervention.bind(
      SiteCatalog(base.configuration), fingerprint: base.fingerprint, key: options.key.fold("parameters"),
      weight: model.weight(at:))
    let objective = try ActivationObjective(
      self, bound, reading: site, on: data, heldOut: heldOut, extra: extra, options, control: control)
    let result = try TrainingLoop(objective, options, control: control, progress: progress).run()
    let learned = Dictionary(result.parameters.map { ($0.name, $0.tensor) }) { first, _ in first }
    return (
      TrainedIntervention(intervention: try bound.with(result), history: result.history, step: result.step),
      extra.map { NamedTensor($0.name, learned["loss.\($0.name)"] ?? $0.tensor) }
    )
  }
}
