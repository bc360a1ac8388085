import Autodiff
import Interpreter
import Interventions
import Models
import Tensors

extension NativeTable {
  /// `learn`: training on a script's own loss over an activation.
  mutating func addLearning(_ bench: Workbench) {
    self["learn"] = { call in
      let intervention = try call.trained(such: ".vision.parameters => tune()")
      let steered = try call.model("model").steered
      let catalog = SiteCatalog(steered.base.configuration)
      let sites = try SitePattern(call.value("reading")).sites(in: catalog)
      guard sites.count == 1, let entry = catalog[sites[0]] else {
        throw call.wrongValue("reading", "must name one site, found \(sites.count)")
      }
      let head = try Head(call, at: entry, bench)
      let data = try call.activationData("on", steered.base, head)
      let heldOut = call.value("held_out").isNull ? nil : try call.activationData("held_out", steered.base, head)
      let options = try TrainingOptions(call, bench)
      return try call.training(bench) { report in
        try steered.train(
          intervention, reading: sites[0], on: data, heldOut: heldOut, extra: head?.parameters ?? [], options: options,
          control: call.control, progress: report
        ).0
      }
    }
  }
}

/// An operator between the activation and the loss, whose parameters learn and are then forgotten.
private struct Head {
  let parameters: [NamedTensor]
  private let mapping: ScriptOperators.Mapping

  /// Nil without `head`.
  init?(_ call: NativeCall, at entry: SiteCatalog.Entry, _ bench: Workbench) throws {
    let value = call.value("head")
    guard !value.isNull else { return nil }
    guard let object = value.object as? OperatorObject else {
      throw call.wrongType("head", expected: "an operator that the script declares")
    }
    mapping = ScriptOperators(bench, call.session).mapping(object)
    parameters = try mapping.start(entry, bench.nextKey())
  }

  /// - Parameter h: `[sample, token, …]`.
  func callAsFunction(_ h: Variable, _ values: [Variable]) throws -> Variable {
    try mapping.apply(h, Dictionary(zip(parameters.map(\.name), values)) { first, _ in first })
  }
}

extension NativeCall {
  /// Scenes or questions as prompts, and the script's loss of what they cause.
  fileprivate func activationData(_ parameter: String, _ model: Model, _ head: Head?) throws -> ActivationData {
    let (session, loss) = (session, try function("loss"))
    let items = try elements(parameter)
    guard !items.isEmpty else { throw wrongValue(parameter, "is empty; there is nothing to learn from") }
    return ActivationData(count: items.count) { place in
      try PromptObject(showing: items[place], in: session).prompt(for: model)
    } loss: { places, activation, extra in
      let h = try head.map { try $0(activation, extra) } ?? activation
      let value = try session.call(loss, Value(h), .list(places.map { items[$0] }))
      guard let found = Variable(operand: value) else {
        throw ScriptError(.typeMismatch, "the `loss` must give a number, found \(value.typePhrase)")
      }
      return found
    }
  }
}

extension PromptObject {
  /// The prompt of an item; a picture without a question is asked nothing.
  fileprivate convenience init(showing item: Value, in session: Session) throws {
    if let image = try item.object?.member("image", in: session)?.object as? ImageObject,
      try item.object?.member("question", in: session) == nil
    {
      self.init(images: [image], text: "")
      return
    }
    let sample = try Sample(item, in: session)
    self.init(
      images: sample.prompt.images, text: sample.prompt.text, template: sample.prompt.template,
      region: sample.prompt.region, system: sample.prompt.system, earlier: sample.prompt.earlier)
  }
}
