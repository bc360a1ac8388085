import Autodiff
import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// Operators of the decoder that look at what the vision tower made of the rows that edits added to images, as M2PT's
/// interaction layer does.
@Suite(.serialized) struct VirtualRowTests {
  private let miniature: Miniature

  init() throws { miniature = try Miniature() }

  /// h → W v + b: a row for each virtual row.
  private static let carried = reading("carried") { _, rows, parameters in
    try #require(parameters["W"]).contract(rows, over: ["input"]) + #require(parameters["b"])
  }

  /// h → h + W mean(v) + b: any number of either.
  private static let pooled = reading("pooled") { hidden, rows, parameters in
    try hidden + #require(parameters["W"]).contract(rows.mean(over: ["token"]), over: ["input"])
      + #require(parameters["b"])
  }

  private static func reading(
    _ name: String, _ update: @escaping (Variable, Variable, [String: Variable]) throws -> Variable
  ) -> ClosureOperator {
    ClosureOperator(
      name: name,
      parameters: { site, key, _ in
        let (model, input) = (Axis("model", site.width ?? 0), Axis("input", try #require(site.towerWidth)))
        return [
          NamedTensor("W", try key.fold("W").normal([model, input], deviation: 0.2)),
          NamedTensor("b", try key.fold("b").normal([model], deviation: 0.2)),
        ]
      }, readsInput: true,
      .variables { hidden, parameters, context in
        try update(hidden, try #require(context.virtualRows), parameters)
      })
  }

  private func edit(_ sites: String, _ tokens: String, _ operation: ClosureOperator) throws -> Intervention {
    Intervention(try SitePattern(sites), on: try TokenSelector(tokens), operation)
  }

  /// Visual prompts, deep or not, and operators that read them: before the image, beside textual prompts, in later blocks, for
  /// generated tokens.
  private func all(_ last: String = "0..2") throws -> [Intervention] {
    let shallow = try edit("vision.embeddings", ".virtual(3)", VirtualTokenTests.soft)
    let deep = try edit("vision.layers[\(last)].input", ".virtual(3)", VirtualTokenTests.soft)
    let textual = try edit("layers[*].input", ".virtual(2)", VirtualTokenTests.soft)
    return [
      try shallow + edit("embeddings", ".virtual(3, before: .image)", Self.carried),
      try deep + edit("embeddings", ".virtual(3, before: .image)", Self.carried) + textual,
      try deep + edit("embeddings", ".image", Self.pooled) + edit("layers[1].output", ".image.last(1)", Self.pooled),
      try shallow + 0.5 * edit("layers[2].mlp.output", ".image + .generated", Self.pooled),
    ]
  }

  private func questions() throws -> [Prompt] {
    [
      try miniature.prompt("what color is the object ?", image: 3),
      try miniature.prompt("what color is it ?", image: 7),
      try miniature.prompt("describe the image .", image: 9),
    ]
  }

  /// What an operator is given are the tower's rows after the last block that the projector reads.
  @Test func rowsAreWhatTheTowerMadeOfThem() throws {
    let model = try miniature.steered(all()[0])
    let prompt = try questions()[0]
    let place = try SitePattern("vision.layers[-2].output")
    let rows = try model.trace(prompt, at: place).tensor(place).select("token", .range(1..<4))
    let own = try #require(model.interventions[0].edits.last?.binding?[0].parameters.byName)
    let put = try #require(own["W"]).contract(rows.rename("model", to: "input"), over: ["input"]) + #require(own["b"])
    let same = try edit("embeddings", ".virtual(3, before: .image)", VirtualTokenTests.soft)
    // The visual prompts as they were drawn, and the vectors that come of them.
    let both = try miniature.steered(
      model.interventions[0].part(0),
      same.bound(miniature).mapParameters { _, _, _ in try put.reorder(["token", "model"]) })
    #expect(try both.logits(prompt).bits == model.logits(prompt).bits)
    #expect(try both.logits(questions()[1]).bits != model.logits(questions()[1]).bits)
  }

  @Test func batchesCachesThreadsAndGradientPassesGiveTheSameBits() throws {
    let prompts = try questions()
    let sites = try SitePattern("layers[*].output")
    let threads = ThreadPool.count
    defer { ThreadPool.count = threads }
    for intervention in try all() {
      let model = try miniature.steered(intervention)
      let together = try model.trace(prompts, at: sites, generate: 4)
      let store = PrefixStore()
      _ = try miniature.steered().generate(prompts, prefixes: store)
      for (prompt, trace) in zip(prompts, together) {
        let own = try trace.tensor(sites)
        ThreadPool.count = 1
        #expect(try model.trace(prompt, at: sites, generate: 4).tensor(sites).bits == own.bits, "\(intervention)")
        ThreadPool.count = 4
        #expect(
          try model.trace(prompt, at: sites, generate: 4, prefixes: store).tensor(sites).bits == own.bits,
          "\(intervention)")
        let laid = try model.laidOut(prompt)
        let fed = trace.generated.prefix(own.axes[1].size - laid.ids.count)
        let whole = Prompt(ids: laid.ids + fed, context: trace.context, images: laid.images)
        #expect(try model.trace(whole, at: sites).tensor(sites).bits == own.bits, "\(intervention)")
      }
      let plan = try SteeringPlan(model.interventions, SiteCatalog(miniature.model.configuration))
      for checkpointed in [false, true] {
        var options = DifferentiableRun.Options()
        options.listener = DifferentiableSession(plan, notices: NoticeBoard())
        options.checkpointed = checkpointed
        let last = try DifferentiableRun(miniature.model, prompts.map(model.laidOut), options).lastLogits().value
        for (index, prompt) in prompts.enumerated() {
          let logits = try model.logits(prompt)
          let same = try last.select("token", .index(index)).bits == logits.select("token", .index(-1)).bits
          #expect(same, "\(intervention)")
          #expect(try logits.bits != miniature.model.logits(laidOut(prompt, model)).bits)
        }
      }
    }
  }

  private func laidOut(_ prompt: Prompt, _ model: SteeredModel) throws -> Prompt { try model.laidOut(prompt) }

  /// A tower and a decoder of different widths, class tokens that are handed on, features of two layers; one image and two.
  @Test(arguments: [false, true])
  func otherTowers(_ severalLayers: Bool) throws {
    let tiny = try SharingTests.Bench.tiny()
    let model = severalLayers ? try Self.readingTwoLayers() : tiny.model
    let width = try #require(model.configuration.vision?.featureWidth)
    #expect(width == (severalLayers ? 60 : 30) && model.configuration.decoder.block.width == 42)
    let prompts = tiny.prompts.filter { !$0.images.isEmpty }
    for intervention in try all("0..1").suffix(2) + [all("0..1")[0]] {
      let steered = try SteeredModel(model).with(intervention, key: testKey)
      var options = DifferentiableRun.Options()
      options.listener = DifferentiableSession(
        try SteeringPlan(steered.interventions, SiteCatalog(model.configuration)), notices: NoticeBoard())
      // Six rows of two images are no three.
      let fitting = intervention.description.contains("carried") ? [prompts[0]] : prompts
      let last = try DifferentiableRun(model, fitting.map(steered.laidOut), options).lastLogits().value
      for (index, prompt) in fitting.enumerated() {
        let same =
          try last.select("token", .index(index)).bits == steered.logits(prompt).select("token", .index(-1)).bits
        #expect(same)
      }
    }
    let two = try SteeredModel(model).with(all("0..1")[0], key: testKey)
    #expect { try two.logits(prompts[1]) } throws: {
      "\($0)".contains("6 rows, one for each virtual row of the sample's 2 images")
    }
  }

  /// The tiny model with random weights and `vision_feature_layer: [1, -1]`.
  private static func readingTwoLayers() throws -> Model {
    let from = fixture("tinyllava")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("two-layers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in try FileManager.default.contentsOfDirectory(atPath: from.path) where name.hasSuffix(".json") {
      var text = try String(contentsOf: from.appendingPathComponent(name), encoding: .utf8)
      if name == "config.json" {
        let changed = text.replacingOccurrences(
          of: "\"vision_feature_layer\": -1", with: "\"vision_feature_layer\": [1, -1]")
        #expect(changed != text)
        text = changed
      }
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
    return try Model.random(FileSource(folder: folder.path), key: testKey)
  }

  @Test func whatCannotBeIsSaid() throws {
    func failure(_ interventions: Intervention..., prompt: Prompt? = nil) throws -> String {
      do {
        var model = try miniature.steered()
        for intervention in interventions { model = try model.with(intervention, key: testKey) }
        _ = try model.logits(prompt ?? questions()[0])
        return "none"
      } catch { return "\(error)" }
    }
    let visual = try edit("vision.embeddings", ".virtual(3)", VirtualTokenTests.soft)
    let first = try edit("embeddings", ".virtual(3)", Self.carried)
    let before = try edit("embeddings", ".virtual(3, before: .image)", Self.carried)
    let text = try miniature.prompt("what is three plus four ?")
    #expect(try failure(visual, first) == "none")
    #expect(try failure(visual, before, prompt: text) == "none")
    #expect(try failure(visual, first, prompt: text).contains("sample 0 has no image"))
    #expect(try failure(first).contains("nothing adds such rows to the images of sample 0"))
    #expect(try failure(0 * visual, first).contains("nothing adds such rows"))
    #expect(
      try failure(visual, edit("embeddings", ".virtual(4)", Self.carried)).contains(
        "makes 3 rows, one for each virtual row of the sample's image, and 4 are selected"))
    #expect(try failure(visual, edit("vision.layers[1].output", ".virtual(3)", Self.carried)).contains("linear map"))
    #expect(try failure(visual, edit("projector.output", ".image", Self.pooled)).contains("linear map"))
    let llama = try Model.load(FileSource(folder: fixture("tinyllama").path))
    #expect { try SteeredModel(llama).with(first, key: testKey) } throws: {
      "\($0)".contains("vision tower, and the model has none")
    }
  }

  @Test func filesBringThemBack() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("rows-\(UUID().uuidString).safetensors")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = try miniature.steered(all()[1])
    try model.interventions[0].save(to: path)
    let found = try Intervention.load(
      path, registry: OperatorRegistry(custom: { name, _ in name == "carried" ? Self.carried : VirtualTokenTests.soft })
    )
    #expect(found == model.interventions[0])
    #expect(try miniature.steered(found).logits(questions()[0]).bits == model.logits(questions()[0]).bits)
    #expect(throws: InterventionError.self) { try model.save(to: path + "-folder") }
  }

  /// Rows of the tower are made before the blocks that are run again.
  @Test func recomputingChangesNoGradient() throws {
    let item = try miniature.model.blueprint.trainingItem(questions()[0], answer: "blue")
    for intervention in try all() {
      let bound = try intervention.bound(miniature)
      let gradients = try [false, true].map { again in
        var options = AnswerOptions()
        options.checkpointed = again
        let objective = try AnswerObjective(
          miniature.steered(), bound, on: TrainingData([item]), heldOut: nil, TrainingOptions(), options,
          control: RunControl())
        let leaves = objective.parameters.map { Variable.leaf($0.start) }
        let found = try objective.loss([0], of: 1, parameters: leaves, key: testKey).backward()
        return try leaves.map { try #require(found[$0]).bits }
      }
      #expect(gradients[0] == gradients[1])
      #expect(gradients[0].allSatisfy { $0.contains { $0 << 1 != 0 } })
    }
  }

  @Test(arguments: 0..<4)
  func theyLearn(_ number: Int) throws {
    let texts = ["what color is the object ?", "what color is it ?"]
    let data = TrainingData(
      try (0..<6).map {
        try miniature.model.blueprint.trainingItem(
          miniature.prompt(texts[$0 % 2], image: $0 % 5), answer: $0 % 5 == 0 ? "star" : "circle", endWeight: 0.2)
      })
    var options = TrainingOptions()
    options.length = .steps(20)
    options.batch = 6
    options.rate = 0.05
    options.key = testKey
    let trained = try miniature.steered().train(try all()[number], on: data, heldOut: data, options: options)
    let losses = trained.history.losses
    let (first, last): (Float, Float) = (losses.prefix(3).reduce(0, +), losses.suffix(3).reduce(0, +))
    #expect(last < 0.8 * first, "\(losses)")
  }
}

extension Intervention {
  fileprivate func bound(_ miniature: Miniature) throws -> Intervention {
    try bind(SiteCatalog(miniature.model.configuration), fingerprint: miniature.model.fingerprint, key: testKey)
  }

  /// One of the interventions that a sum is of, with its parameters.
  fileprivate func part(_ number: Int) -> Intervention {
    guard case .sequence(let parts) = node else { return self }
    return Intervention(parts[number], origin: origin)
  }
}
