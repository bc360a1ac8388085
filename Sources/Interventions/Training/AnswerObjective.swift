import Autodiff
import Models
import Tensors

/// The cross entropy of answers under a steered model, as a function of an intervention's parameters.
final class AnswerObjective: TrainingObjective {
  let parameters: [TrainedParameter]
  let subject: [(name: String, value: String)]
  private(set) var dataFingerprint: UInt64 = 0
  /// Of the items that were looked at before the first step, by number.
  private(set) var checkedContexts: [TokenContext] = []

  let model: Model
  let catalog: SiteCatalog
  /// The frozen interventions of the model, then the one that learns.
  let interventions: [Intervention]
  let items: ItemStore
  private let heldOut: ItemStore?
  private let batch: Int
  /// Items that the training will come by, repetitions included.
  private let used: Int
  private let options: AnswerOptions
  private let control: RunControl
  /// Where a parameter's value stands among `parameters`.
  private let places: [Place: Int]
  /// Nil where the vision tower is edited or learns.
  private let features: FeatureStore?

  struct Place: Hashable {
    let edit: Int
    let site: Site
    let name: String
  }

  /// Items that are looked at before the first step.
  static let checkedItems = 4096

  /// - Parameter intervention: bound to the model.
  init(
    _ steered: SteeredModel, _ intervention: Intervention, on data: TrainingData, heldOut: TrainingData?,
    _ training: TrainingOptions, _ options: AnswerOptions, control: RunControl
  ) throws {
    try training.check()
    try options.check()
    guard data.count > 0 else { throw TrainingError.noData }
    if data.isEndless, case .epochs = training.length {
      throw TrainingError.option("epochs", reason: "has no meaning for items without end; say how many `steps`")
    }
    if let heldOut, heldOut.count == 0 || heldOut.isEndless { throw TrainingError.noHeldOut }
    model = steered.base
    catalog = SiteCatalog(model.configuration)
    interventions = steered.interventions + [intervention]
    self.options = options
    self.control = control
    batch = training.batch
    used = training.steps(for: data.count) * training.batch
    let plan = try SteeringPlan(interventions, catalog)
    items = ItemStore(data, model, bytes: options.cacheBytes, layOut: plan.laidOut)
    self.heldOut = heldOut.map { ItemStore($0, steered.base, bytes: options.cacheBytes, layOut: plan.laidOut) }
    let learned = intervention.trainedParameters(training.constraint, learns: options.learns)
    (parameters, places) = (learned.parameters, learned.places)
    guard !parameters.isEmpty else { throw TrainingError.nothingToTrain(intervention: intervention.description) }
    let editsVision = interventions.contains { $0.edits.contains { $0.acts(in: .vision) } }
    features = editsVision ? nil : FeatureStore(steered.base, bytes: options.cacheBytes, control: control)
    let frozen = steered.interventions.map(\.description).joined(separator: " + ")
    subject = [
      ("model", model.fingerprint.description), ("intervention", intervention.description), ("frozen", frozen),
      ("loss", options.normalisation.rawValue),
      ("dropout", "\(numberText(options.dropout)) of the \(options.dropped.rawValue)"),
    ]
    dataFingerprint = try checkItems()
  }

  var count: Int { items.data.count }

  /// Makes the first items, so that what is wrong with one is said before anything is computed.
  private func checkItems() throws -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for store in [items, heldOut].compactMap({ $0 }) {
      for start in stride(from: 0, to: checkedCount(store), by: 64) {
        try control.check()
        for item in try store(Array(start..<min(start + 64, checkedCount(store)))) {
          if store === items { checkedContexts.append(item.fed.context) }
          for id in item.prompt.ids + item.answer {
            hash = (hash ^ UInt64(bitPattern: Int64(id))) &* 0x0000_0100_0000_01b3
          }
          for weight in item.weights { hash = (hash ^ UInt64(weight.bitPattern)) &* 0x0000_0100_0000_01b3 }
        }
      }
    }
    return hash
  }

  /// How many items are looked at before the first step; of items without end those that will come.
  private func checkedCount(_ store: ItemStore) -> Int {
    min(store.data.isEndless ? used : store.data.count, Self.checkedItems)
  }

  func size(_ item: Int) throws -> Int { try items.length(item) }

  func normaliser(_ items: [Int]) throws -> Double { try normaliser(items, in: self.items) }

  private func normaliser(_ items: [Int], in store: ItemStore) throws -> Double {
    switch options.normalisation {
    case .sample: return Double(items.count)
    case .token:
      let sum = try store(items).reduce(0.0) { $0 + $1.weights.reduce(0) { $0 + Double($1) } }
      return sum > 0 ? sum : 1
    }
  }

  func loss(
    _ items: [Int], of normaliser: Double, parameters: [Variable], key: RandomKey
  ) throws -> Variable {
    let dropout = options.dropout > 0 ? EditDropout(options.dropout, options.dropped, key) : nil
    let pass = try pass(
      self.items(items), parameters, checkpointed: options.checkpointed,
      finish: dropout.map { dropout in
        { try dropout.apply(edit: $0, at: $1, before: $2, after: $3) }
      })
    return try pass.loss(normaliser)
  }

  /// One pass over items with these values of the parameters.
  ///
  /// - Parameters:
  ///   - finish: what is done to what an edit of activations gives.
  ///   - weightProbe: what is done to edited weights.
  func pass(
    _ items: [TrainingItem], _ parameters: [Variable], checkpointed: Bool = false,
    finish: DifferentiableSession.Finish? = nil,
    weightProbe: (([Site: Variable]) throws -> [Site: Variable])? = nil,
    listener: ((DifferentiableSession) -> any DifferentiableListener)? = nil
  ) throws -> AnswerPass {
    let plan = try SteeringPlan(interventions, catalog, learning: places, as: parameters)
    let first = interventions.dropLast().reduce(0) { $0 + $1.edits.count }
    // Only edits that learn have dropout and probes.
    let own = finish.map { finish in
      { (edit: Int, site: Site, before: Variable, after: Variable) in
        edit < first ? after : try finish(edit - first, site, before, after)
      } as DifferentiableSession.Finish
    }
    let session = DifferentiableSession(plan, notices: NoticeBoard(), finish: own)
    var run = DifferentiableRun.Options()
    run.listener = listener?(session) ?? session
    run.weights = try plan.editedWeights(of: model)
    if let weightProbe { run.weights = try weightProbe(run.weights) }
    run.checkpointed = checkpointed
    run.control = control
    let prompts = items.map(\.fed)
    if let features, prompts.contains(where: { !$0.images.isEmpty }) {
      run.features = .tower(try features.features(of: prompts))
    }
    return AnswerPass(items, try DifferentiableRun(model, prompts, run))
  }

  func measure(parameters: [Tensor]) throws -> (loss: Float, accuracy: Float?)? {
    guard let heldOut else { return nil }
    let all = Array(0..<heldOut.data.count)
    let normaliser = try normaliser(all, in: heldOut)
    let constants = parameters.map { Variable($0) }
    var (loss, right) = (0.0, 0)
    for start in stride(from: 0, to: all.count, by: batch) {
      let pass = try pass(heldOut(Array(all[start..<min(start + batch, all.count)])), constants)
      let found = try pass.lossAndRightAnswers(normaliser)
      loss += Double(found.loss)
      right += found.right
    }
    return (Float(loss), Float(Double(right) / Double(all.count)))
  }

  func largestActivations(_ items: [Int], parameters: [Tensor]) -> [LargestActivation] {
    var recorder: SizeRecorder?
    _ = try? pass(
      self.items(items), parameters.map { Variable($0) },
      listener: { [catalog] session in
        let made = SizeRecorder(session, catalog)
        recorder = made
        return made
      }
    ).loss(1)
    return recorder?.largest(3) ?? []
  }
}

extension Intervention {
  /// What of it learns, and where each parameter stands in that list. It must be bound.
  func trainedParameters(
    _ constraint: OrthonormalConstraint, learns: (_ edit: Int, _ path: String, _ name: String) -> Bool
  ) -> (parameters: [TrainedParameter], places: [AnswerObjective.Place: Int]) {
    var parameters: [TrainedParameter] = []
    var places: [AnswerObjective.Place: Int] = [:]
    for (edit, part) in edits.enumerated() {
      for own in part.binding ?? [] {
        for parameter in own.parameters where learns(edit, own.site.path, parameter.name) {
          places[AnswerObjective.Place(edit: edit, site: own.site, name: parameter.name)] = parameters.count
          parameters.append(
            TrainedParameter(
              "edit\(edit).\(own.site.path).\(parameter.name)", parameter.tensor,
              constraint: parameter.isOrthonormal ? constraint : .free))
        }
      }
    }
    return (parameters, places)
  }
}

extension SteeringPlan {
  /// A plan in which parameters of the last intervention are variables that learn; all others are constants.
  convenience init(
    _ interventions: [Intervention], _ catalog: SiteCatalog, learning places: [AnswerObjective.Place: Int],
    as parameters: [Variable]
  ) throws {
    let last = interventions.count - 1
    try self.init(interventions, catalog) { intervention, edit, site, parameter in
      guard intervention == last,
        let place = places[AnswerObjective.Place(edit: edit, site: site, name: parameter.name)]
      else { return Variable(parameter.tensor) }
      return parameters[place]
    }
  }
}

extension Edit {
  /// Whether it acts at activations or weights of a stack.
  func acts(in stack: Site.Stack) -> Bool { (binding ?? []).contains { $0.site.stack == stack } }
}
