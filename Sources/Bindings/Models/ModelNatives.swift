import Checkpoints
import Interpreter
import Interventions
import Models
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/models.steer`.
  mutating func addModels(_ bench: Workbench) {
    self["load"] = { call in
      let mmproj = call.value("mmproj").isNull ? nil : try call.string("mmproj")
      guard let compute = Compute(rawValue: try call.string("compute")) else {
        throw call.wrongValue("compute", "must be \"f32\" or \"bf16\"")
      }
      let model = try bench.model(at: call.string("path"), mmproj: mmproj, compute: compute)
      return .object(ModelObject(try SteeredModel(model, notices: bench.notices), bench))
    }
    self["random_model"] = { call in
      let seed = call.value("seed").isNull ? nil : UInt64(bitPattern: Int64(try call.int("seed")))
      let key = seed.map { RandomKey(seed: $0) } ?? bench.nextKey()
      let model = try bench.randomModel(try call.string("path"), key: key)
      return .object(ModelObject(try SteeredModel(model, notices: bench.notices), bench))
    }
    self["config"] = { call in .object(try ConfigurationObject(call.string("path"))) }
    self["image"] = { call in .object(ImageObject(try Image(path: call.string("path")))) }
    self["prompt"] = { call in .object(try PromptObject(call)) }
    self["mark"] = { call in
      let steered = try call.model("m").steered
      let asked = try call.prompt("p")
      let prompt = try steered.laidOut(asked.prompt(for: steered.base))
      let marked = try MarkedPrompt(prompt.context, TokenSelector(call.value("on")))
      return .object(MarkedPromptObject(marked, images: asked.images))
    }
    addTokens()
    addAnswers(bench)
    self["sites"] = { call in
      .object(SiteTreeObject(SiteCatalog(try call.configuration("m"))))
    }
    self["site"] = { call in
      let site = try Site(named: call.string("name"), in: call.configuration("m"))
      return .object(SitesObject(SitePattern([site])))
    }
    self["parameters"] = { call in .int(try call.parameters()) }
  }

  private mutating func addTokens() {
    self["tokens"] = { call in
      let text = try call.string("text")
      let tokens = try call.model("m").model.blueprint.tokenizer.encode(text, addSpecial: false)
      let unknown = tokens.unknownWords(in: text)
      guard unknown.isEmpty else { throw ModelError.unknownWords(unknown) }
      return .list(tokens.map { .int($0.id) })
    }
    self["detokenize"] = { call in
      let ids = try call.elements("ids").map { element in
        guard case .int(let id) = element else {
          throw call.wrongValue("ids", "must hold token ids, found \(element.typePhrase)")
        }
        return id
      }
      return .string(try call.model("m").model.blueprint.tokenizer.decode(ids, skipSpecial: false))
    }
  }

  private mutating func addAnswers(_ bench: Workbench) {
    self["logits"] = { call in
      let steered = try call.model("m").steered
      let prompt = try steered.laidOut(call.prompt("p").prompt(for: steered.base))
      let logits = try call.running { try steered.logits(prompt, prefixes: bench.prefixes, control: call.control) }
      return Value(try logits.labelled("token", TokenLabels(prompt)))
    }
    self["ask"] = { call in
      var options = GenerationOptions()
      options.maximumTokens = try call.int("max", atLeast: 1)
      let model = try call.model("m")
      let object = call.value("p").object
      let isList = object is DataSetObject || (object as? ListObject)?.elements.first?.object != nil
      guard isList else {
        return .string(try call.generate(model, [call.prompt("p")], options, bench)[0].text)
      }
      let prompts = try call.samples("p", bench).map(\.prompt)
      return .list(try call.generate(model, prompts, options, bench).map { .string($0.text) })
    }
    self["generate"] = { call in
      let options = try GenerationOptions(call, bench)
      let generation = try call.generate(call.model("m"), [call.prompt("p")], options, bench)[0]
      return .record([
        ("text", .string(generation.text)), ("tokens", .list(generation.ids.map { .int($0) })),
        ("logprobs", .list(generation.logProbabilities.map { .float(Double(decimal: $0)) })),
        ("finished", .bool(generation.end == .endToken || generation.end == .stopText)),
      ])
    }
  }
}

extension PromptObject {
  /// `prompt(image, text)`, `prompt([image, image], text)`, `prompt(text)`.
  fileprivate convenience init(_ call: NativeCall) throws {
    let first = call.value("image")
    let isTextAlone = first.stringValue != nil && call.value("text").isNull
    guard let images = isTextAlone ? [] : first.images else {
      throw call.wrongType("image", expected: "an image, such as image(\"cat.png\"), or a list of images")
    }
    self.init(
      images: images, text: try call.string(isTextAlone ? "image" : "text"),
      template: call.value("template").isNull ? nil : try Template.named(call.string("template")),
      system: call.value("system").isNull ? nil : try call.string("system"),
      earlier: try call.elements("turns").enumerated().map { place, turn in
        guard let turn = Exchange(turn) else {
          throw call.wrongValue(
            "turns",
            "must hold what was said before, such as (text: \"hello\", answer: \"hi\"), with an `image` "
              + "where one was shown; turn \(place) is \(turn.rendered(.short))")
        }
        return turn
      })
  }
}

extension PromptObject.Exchange {
  /// From `(text: …, answer: …)`, with or without `image`; nil for anything else.
  fileprivate init?(_ value: Value) {
    guard let record = value.object as? RecordObject else { return nil }
    let fields = Dictionary(record.fields) { first, _ in first }
    guard let text = fields["text"]?.stringValue, let answer = fields["answer"]?.stringValue,
      let images = (fields["image"] ?? .null).images,
      Set(fields.keys).isSubset(of: ["image", "text", "answer"])
    else { return nil }
    self.init(images: images, text: text, answer: answer)
  }
}

extension Value {
  /// None for nil, one, or those of a list; nil for anything else.
  fileprivate var images: [ImageObject]? {
    let values = isNull ? [] : listElements ?? [self]
    let images = values.compactMap { $0.object as? ImageObject }
    return images.count == values.count ? images : nil
  }
}

extension NativeCall {
  func model(_ parameter: String) throws -> ModelObject {
    try object(parameter, as: ModelObject.self, expected: "a model, such as load(\"minivlm\")")
  }

  /// The configuration of a model, or one that was read by itself.
  func configuration(_ parameter: String) throws -> ModelConfiguration {
    switch value(parameter).object {
    case let object as ModelObject: return object.model.configuration
    case let object as ConfigurationObject: return object.configuration
    default: throw wrongType(parameter, expected: "a model, or a configuration such as config(\"minivlm\")")
    }
  }

  /// How many numbers `x` has: those in a model, those that an intervention trains, those in weights.
  fileprivate func parameters() throws -> Int {
    let within = value("of").isNull ? nil : SiteCatalog(try configuration("of"))
    switch value("x").object {
    case let object as ModelObject where within == nil:
      return object.model.parameterCount + object.steered.interventions.reduce(0) { $0 + $1.parameterCount }
    case let object as ConfigurationObject where within == nil: return object.configuration.weightCount
    case let object as InterventionObject:
      return try within.map(object.intervention.parameterCount) ?? object.intervention.parameterCount
    case let object as BoundPathObject: return try weights(object.path, SiteCatalog(object.model.model.configuration))
    case is PathObject, is SitesObject:
      guard let within else { throw wrongValue("of", "must say of which model or configuration the weights are") }
      return try weights(value("x").object, within)
    case is OperatorObject, is NativeOperatorObject:
      throw wrongValue("x", "is an operator by itself; say where it acts: site => operator")
    default: throw wrongType("x", expected: "a model, a configuration, an intervention, or weights")
    }
  }

  private func weights(_ path: Object?, _ catalog: SiteCatalog) throws -> Int {
    let sites = try SitePattern(path.map { .object($0) } ?? .null).sites(in: catalog)
    return try sites.reduce(0) { count, site in
      guard site.point.isWeight, let own = catalog[site]?.count else {
        throw wrongValue("x", "names the activation `\(site.path)`, which has no parameters")
      }
      return count + own
    }
  }

  /// Stops a forward pass when the script is interrupted.
  var control: RunControl {
    let interruption = session.interruption
    return RunControl(isCancelled: { interruption.count > 0 })
  }

  /// Runs work of the model; an interruption inside it is the script's.
  func running<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch ModelError.interrupted {
      try session.checkInterrupt()
      throw ModelError.interrupted
    }
  }
}

extension GenerationOptions {
  fileprivate init(_ call: NativeCall, _ bench: Workbench) throws {
    self.init()
    maximumTokens = try call.int("max", atLeast: 1)
    temperature = try call.number("temperature")
    let topK = try call.int("top_k", atLeast: 0)
    self.topK = topK > 0 ? topK : nil
    let topP = try call.number("top_p")
    self.topP = topP < 1 ? topP : nil
    stop = try call.elements("stop").map { element in
      guard let text = element.stringValue else {
        throw call.wrongValue("stop", "must hold strings, found \(element.typePhrase)")
      }
      return text
    }
    // Greedy decoding draws nothing, so it must not move the draws of what follows.
    if temperature > 0 { seed = bench.nextSeed() }
    keepsLogProbabilities = true
  }
}

extension TokenLabels {
  /// The labels of all positions of a prompt.
  init(_ prompt: Prompt) {
    self.init(context: prompt.context, stack: .decoder, positions: Array(prompt.ids.indices), length: prompt.ids.count)
  }
}
