import Models
import Tensors

/// A model with interventions: `m with a`. The model itself is not touched and answers as before, to the bit.
///
/// Without interventions it is the model alone. Interventions act in the order they were added. Those of weights act once,
/// when they are added: what runs is a model that shares all other weights with the base.
public struct SteeredModel: Sendable {
  public let base: Model
  /// The base with the weights that interventions gave it; the base itself where none edits weights.
  public let model: Model
  /// Bound to `base`.
  public let interventions: [Intervention]
  /// Where edits that find nothing are reported, once each.
  public let notices: NoticeBoard
  private let plan: SteeringPlan

  public init(_ base: Model, notices: NoticeBoard = NoticeBoard()) throws {
    try self.init(base, model: base, [], notices)
  }

  private init(_ base: Model, model: Model, _ interventions: [Intervention], _ notices: NoticeBoard) throws {
    self.base = base
    self.model = model
    self.interventions = interventions
    self.notices = notices
    plan = try SteeringPlan(interventions, SiteCatalog(base.configuration))
  }

  /// This model with one more intervention.
  ///
  /// - Parameters:
  ///   - key: where parameters are drawn from that the intervention does not have yet.
  ///   - force: accept an intervention that was made for another model.
  /// - Throws: `InterventionError` when it does not fit this model, or makes a weight that is not finite.
  public func with(_ intervention: Intervention, key: RandomKey, force: Bool = false) throws -> SteeredModel {
    let catalog = SiteCatalog(base.configuration)
    let bound = try intervention.bind(
      catalog, fingerprint: base.fingerprint, key: key, force: force, weight: model.weight(at:))
    for notice in try bound.notices(in: catalog) { notices.post(notice) }
    let weights = try SteeringPlan([bound], catalog).editedWeights(of: model).mapValues(\.value)
    return try SteeredModel(
      base, model: weights.isEmpty ? model : model.replacing(weights), interventions + [bound], notices)
  }

  /// A listener for one run that edits, and then shows the result to `observer`.
  ///
  /// Every run needs its own: it remembers what the selectors found in each sample. Its prompts must be laid out.
  public func listener(then observer: (any SiteListener)? = nil) -> (any SiteListener)? {
    ListenerChain.of([SteeringSession(plan, notices: notices), observer])
  }

  /// A prompt as this model runs it: with the virtual positions that its interventions add.
  public func laidOut(_ prompt: Prompt) throws -> Prompt { try plan.laidOut(prompt) }

  /// One run's prompts as they are run, its listener, and what the run need not compute.
  private func start(
    _ prompts: [Prompt], _ observer: (any SiteListener)?, _ prefixes: PrefixStore?
  ) throws -> (prompts: [Prompt], listener: (any SiteListener)?, prefix: PrefixUse?) {
    let prompts = try prompts.map(laidOut)
    noticeMissingImages(prompts)
    let session = SteeringSession(plan, notices: notices)
    let listener = ListenerChain.of([session, observer])
    guard let prefixes, let first = try session.firstEdit(of: prompts, base.configuration) else {
      return (prompts, listener, nil)
    }
    guard let observer, !observer.sites.isEmpty else {
      return (prompts, listener, PrefixUse(prefixes, stage: first.stage, positions: first.positions))
    }
    // An observer sees every position.
    let stages = observer.sites.map { base.configuration.stage(of: $0) ?? -1 }
    let stage = min(first.stage, stages.min() ?? 0)
    guard stage >= 0 || prompts.allSatisfy(\.images.isEmpty) else { return (prompts, listener, nil) }
    return (prompts, listener, PrefixUse(prefixes, stage: max(stage, 0), positions: prompts.map { _ in 0 }))
  }

  /// Says that edits of image features have nothing to act on.
  private func noticeMissingImages(_ prompts: [Prompt]) {
    guard plan.editsImages, prompts.contains(where: { $0.images.isEmpty }) else { return }
    notices.post(
      Notice(.info, "a prompt has no image, so edits at vision and projector sites change nothing for it"))
  }

  /// The logits of every position of the prompt as it is run (`laidOut`): `[token, vocab]`.
  ///
  /// - Parameter prefixes: what runs of the same prompt share. No bit depends on it, here and below.
  public func logits(
    _ prompt: Prompt, observer: (any SiteListener)? = nil, prefixes: PrefixStore? = nil,
    control: RunControl = RunControl()
  ) throws -> Tensor {
    let (prompts, listener, prefix) = try start([prompt], observer, prefixes)
    return try model.logits(prompts[0], listener: listener, prefix: prefix, control: control)
  }

  /// Runs prompts through the model for what `observer` sees; nothing is generated.
  public func forward(
    _ prompts: [Prompt], observer: any SiteListener, prefixes: PrefixStore? = nil, control: RunControl = RunControl()
  ) throws {
    let (prompts, listener, prefix) = try start(prompts, observer, prefixes)
    guard let listener else { return }
    try model.forward(prompts, listener: listener, prefix: prefix, control: control)
  }

  /// Answers a batch of prompts; each sample gets the same bits as alone.
  ///
  /// - Parameter prefixes: what runs of the same prompts share: of each prompt, what no edit reaches is computed once.
  public func generate(
    _ prompts: [Prompt], options: GenerationOptions = GenerationOptions(), observer: (any SiteListener)? = nil,
    prefixes: PrefixStore? = nil, control: RunControl = RunControl(), progress: ((GenerationProgress) -> Void)? = nil
  ) throws -> [Generation] {
    let (prompts, listener, prefix) = try start(prompts, observer, prefixes)
    return try model.generate(
      prompts, options: options, listener: listener, prefix: prefix, control: control, progress: progress)
  }

  /// The weight that a pattern names, with its edits, as f32; the same weight of several layers along a first axis `layer`.
  ///
  /// - Throws: `InterventionError` for activations and for weights that do not stack.
  public func weight(_ pattern: SitePattern) throws -> Tensor {
    let sites = try pattern.sites(in: SiteCatalog(base.configuration))
    return try stacked(sites.map { try model.weight(at: $0).to(.f32) }, sites, pattern: pattern.description)
  }

  /// Writes the model with its edited weights as a folder; see `Model.save`.
  ///
  /// - Throws: `InterventionError.cannotMerge` when it edits activations.
  public func save(to folder: String, dtype: DType? = nil) throws {
    let editing = interventions.first { intervention in
      intervention.edits.contains { edit in
        edit.operation.readsInput || (edit.binding ?? []).contains { !$0.site.point.isWeight }
      }
    }
    if let editing { throw InterventionError.cannotMerge(intervention: editing.description) }
    try model.save(to: folder, dtype: dtype)
  }
}
