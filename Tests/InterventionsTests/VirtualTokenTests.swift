import Autodiff
import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// Positions that edits add to prompts, and to images in the vision tower.
struct VirtualTokenTests {
  private let miniature: Miniature
  private let embeddings = Site(.decoder, .embeddings)

  init() throws { miniature = try Miniature() }

  /// h → P with a row for each token, as `soft_prompt` of the standard library says it.
  static let soft = ClosureOperator(
    name: "soft",
    parameters: { site, key, _ in
      let count = try #require(site.axes[0].size)
      return [NamedTensor("P", try key.normal([Axis("token", count), Axis("model", site.width ?? 0)], deviation: 0.5))]
    },
    .rows { _, parameters in try #require(parameters["P"]) })

  private func edit(_ sites: String, _ tokens: String) throws -> Intervention {
    Intervention(try SitePattern(sites), on: try TokenSelector(tokens), Self.soft)
  }

  private func question(_ image: Int? = 3) throws -> Prompt {
    try miniature.prompt("what color is the object ?", image: image)
  }

  /// Everything that a plan can do with them.
  private func all() throws -> [Intervention] {
    [
      try edit("embeddings", ".virtual(4)"),
      try edit("layers[*].input", ".virtual(3)"),
      try edit("embeddings", ".virtual(2, after: .image) + .virtual(1, before: .word(\"color\"))"),
      try edit("embeddings", ".virtual(2, after: .all)"),
      try edit("vision.embeddings", ".virtual(5)"),
      try edit("vision.layers[0..2].input", ".virtual(2)") + edit("layers[*].input", ".virtual(2)"),
    ]
  }

  @Test func otherSelectorsMeanTheSameTokens() throws {
    // <bos> user : ‹16 patches› what color is the object ? assistant :
    let plain = try question()
    let steered = try miniature.steered(
      edit("embeddings", ".virtual(2) + .virtual(3, after: .image) + .virtual(1, before: .last)"))
    let prompt = try steered.laidOut(plain)
    #expect(prompt.ids.count == plain.ids.count + 6 && prompt.context.promptCount == prompt.ids.count)
    #expect(prompt.ids.filter { $0 != Prompt.virtualToken } == plain.ids)
    // Where each of the prompt's own positions has gone.
    let own = prompt.ids.indices.filter { prompt.ids[$0] != Prompt.virtualToken }
    for selector in [
      ".all", ".image", ".image.row(1)", ".text", ".system", ".template", ".last", ".last(3)", ".first(2)",
      ".prefix(2)", ".suffix(1)", ".word(\"object\")", ".span(0..3)", ".image.roi([0, 0, 20, 20])", ".generated",
    ] {
      let tokens = try TokenSelector(selector)
      let before = try tokens.resolve(in: plain.context)
      #expect(try tokens.resolve(in: prompt.context) == before.map { own[$0] }, "\(selector)")
    }
    func found(_ selector: String) throws -> [Int] { try TokenSelector(selector).resolve(in: prompt.context) }
    #expect(try found(".virtual") == [0, 1, 21, 22, 23, 31])
    #expect(try found(".virtual(2)") == [0, 1])
    #expect(try found(".virtual(3, after: .image)[-1]") == [23])
    #expect(try found(".virtual - .virtual(2)") == [21, 22, 23, 31])
    #expect(try found(".virtual(7)") == [])
    #expect(try TokenSelector(".virtual").resolve(in: plain.context) == [])
    // Laying out again adds nothing; a prompt without image has no place behind one.
    #expect(try steered.laidOut(prompt).ids == prompt.ids)
    #expect(
      try steered.laidOut(question(nil)).context.virtual.map(\.name) == [".virtual(2)", ".virtual(1, before: .last)"])
    let marked = try MarkedPrompt(prompt.context, TokenSelector(".virtual(3, after: .image)"))
    #expect(
      marked.summary.hasPrefix(
        "‹virtual 2: 0 selected› <bos> user : ‹image 16: 0 selected› ‹virtual 3: 3 selected› what"))
  }

  @Test func rowsOfImagesStandInTheTowerAlone() throws {
    let steered = try miniature.steered(edit("vision.embeddings", ".virtual(5)"))
    let prompt = try steered.laidOut(miniature.prompt("what is it ?", images: [3, 4]))
    #expect(prompt.ids == (try miniature.prompt("what is it ?", images: [3, 4])).ids)
    func found(_ selector: String, _ stack: Site.Stack) throws -> [Int] {
      try TokenSelector(selector).resolve(in: prompt.context, stack: stack)
    }
    #expect(try found(".cls", .vision) == [0, 22])
    let (virtual, patches) = (Array(1...5) + Array(23...27), Array(6...21) + Array(28...43))
    #expect(try found(".virtual(5)", .vision) == virtual)
    #expect(try found(".image", .vision) == patches)
    #expect(try found(".all", .vision) == ([0, 22] + patches).sorted())
    #expect(try found(".image(1)", .projector) == Array(16..<32))
    #expect(try found(".virtual", .decoder) == [])
    let sites = try SitePattern("vision.layers[0].output")
    let trace = try steered.trace(prompt, at: sites).tensor(sites)
    #expect(trace.axes[0].size == 44)
    #expect(try trace.axes[0].indices(of: TokenSelector(".virtual")).count == 10)
    #expect(trace.axes[0].labels?.label(at: 6) == "image 0 0,0" && trace.axes[0].labels?.label(at: 5) == "virtual 4")
  }

  @Test(arguments: [
    (".virtual(0)", "count of at least 1"), (".virtual(2, 3)", "count of at least 1"),
    (".virtual(2, within: .image)", "count of at least 1"), (".virtual(2, after: .generated)", "own tokens"),
    (".virtual(2, before: .virtual(1))", "own tokens"), (".virtual[0", "missing"),
  ])
  func malformedSelectors(_ source: String, _ words: String) {
    #expect { try TokenSelector(source) } throws: { "\($0)".contains(words) }
  }

  @Test func selectorsPrintAsTheirSource() throws {
    for source in [
      ".virtual", ".virtual(8)", ".virtual(8, before: .image)", ".virtual(2, after: .word(\"cat\") + .last)",
      ".virtual(8).first(2) + .last", ".virtual[0..2]",
    ] {
      #expect(try TokenSelector(source).description == source)
    }
  }

  @Test func placesThatCannotBe() throws {
    func failure(_ sites: String, _ tokens: String) -> String {
      do {
        _ = try miniature.steered(edit(sites, tokens)).logits(question())
        return "none"
      } catch { return "\(error)" }
    }
    #expect(failure("embeddings", ".virtual(2, after: .image.first(3))").contains("inside an image"))
    #expect(failure("projector.output", ".virtual(2)").contains("ends with it"))
    #expect(failure("vision.embeddings", ".virtual(2, after: .image)").contains("behind the class token"))
    #expect(
      failure("embeddings", ".virtual(99999)").contains("longer")
        || failure("embeddings", ".virtual(99999)").contains("at most"))
  }

  /// A virtual position that holds a word's embedding is that word.
  @Test(arguments: [".virtual(1, after: .first(1))", ".virtual(1, after: .image)", ".virtual(1, before: .last)"])
  func aWordsEmbeddingIsTheWord(_ selector: String) throws {
    let steered = try miniature.steered(edit("embeddings", selector))
    let plain = try miniature.prompt("describe the image .", image: 9)
    let word = plain.ids[plain.ids.count - 3]
    let table = try miniature.model.weight(at: Site(.decoder, .embeddingsWeight)).to(.f32)
    let row = try table.select("vocab", .list([word])).rename("vocab", to: "token")
    let own = try #require(steered.interventions.first).mapParameters { _, _, _ in row }
    let model = try miniature.steered(own)
    let laid = try model.laidOut(plain)
    let written = Prompt(
      ids: laid.ids.map { $0 == Prompt.virtualToken ? word : $0 }, context: laid.context, images: laid.images)
    #expect(try model.logits(plain).bits == miniature.model.logits(written).bits)
    var options = GenerationOptions()
    options.maximumTokens = 8
    options.keepsLogProbabilities = true
    let answer = try model.generate([plain], options: options)
    #expect(try answer == miniature.model.generate([written], options: options))
    // Prefixes know the positions: the store has seen the prompt without them.
    let store = PrefixStore()
    _ = try miniature.steered(Intervention(SitePattern([embeddings]), on: .last, Scale(.number(0.5))))
      .generate([plain], options: options, prefixes: store)
    for _ in 0..<2 { #expect(try model.generate([plain], options: options, prefixes: store) == answer) }
  }

  @Test func batchesCachesAndGradientPassesGiveTheSameBits() throws {
    let prompts = [
      try question(), try miniature.prompt("what is three plus four ?"),
      try miniature.prompt("a note says the count is four . how many objects are there ?", images: [7, 2]),
      try miniature.prompt("describe the image .", image: 9),
    ]
    let sites = try SitePattern("layers[*].output")
    var steps = 0
    for intervention in try all() {
      let model = try miniature.steered(intervention)
      let plan = try SteeringPlan(model.interventions, SiteCatalog(miniature.model.configuration))
      let together = try model.trace(prompts, at: sites, generate: 4)
      for (prompt, trace) in zip(prompts, together) {
        let own = try trace.tensor(sites)
        #expect(try model.trace(prompt, at: sites, generate: 4).tensor(sites).bits == own.bits, "\(intervention)")
        let laid = try model.laidOut(prompt)
        // An end token is not fed back.
        let fed = trace.generated.prefix(own.axes[1].size - laid.ids.count)
        #expect(fed.count >= trace.generated.count - 1)
        steps += fed.count
        let whole = Prompt(ids: laid.ids + fed, context: trace.context, images: laid.images)
        #expect(try model.trace(whole, at: sites).tensor(sites).bits == own.bits, "\(intervention)")
      }
      var options = DifferentiableRun.Options()
      options.listener = DifferentiableSession(plan, notices: NoticeBoard())
      let run = try DifferentiableRun(miniature.model, prompts.map(model.laidOut), options)
      let last = try run.lastLogits().value
      for (index, prompt) in prompts.enumerated() {
        let logits = try model.logits(prompt)
        #expect(
          try last.select("token", .index(index)).bits == logits.select("token", .index(-1)).bits, "\(intervention)")
      }
    }
    #expect(steps > 30)
  }

  /// A model that hands class tokens on to the decoder, with biases and heads that share keys; two images in one prompt.
  @Test(arguments: [
    ("vision.embeddings", ".virtual(3)"), ("vision.layers[*].input", ".virtual(2)"),
    ("embeddings", ".virtual(2, before: .image)"), ("layers[*].input", ".virtual(2, after: .image(0))"),
  ])
  func classTokensStayWithTheirImages(_ sites: String, _ tokens: String) throws {
    let bench = try SharingTests.Bench.tiny()
    let model = try SteeredModel(bench.model).with(edit(sites, tokens), key: testKey)
    var options = DifferentiableRun.Options()
    options.listener = DifferentiableSession(
      try SteeringPlan(model.interventions, SiteCatalog(bench.model.configuration)), notices: NoticeBoard())
    let laid = try bench.prompts.map(model.laidOut)
    let last = try DifferentiableRun(bench.model, laid, options).lastLogits().value
    for (index, prompt) in bench.prompts.enumerated() {
      let logits = try model.logits(prompt)
      let same = try last.select("token", .index(index)).bits == logits.select("token", .index(-1)).bits
      #expect(same)
      #expect(try prompt.images.isEmpty || logits.bits != bench.model.logits(laid[index]).bits)
      for image in laid[index].context.images {
        #expect(laid[index].ids[image.positions].allSatisfy { $0 == 4 })
      }
    }
  }

  @Test func noShareIsNoPosition() throws {
    let before = try miniature.model.logits(question()).bits
    for intervention in try all() {
      let none = try miniature.steered(0 * intervention)
      #expect(try none.laidOut(question()).ids.count == question().ids.count)
      #expect(try none.logits(question()).bits == before)
      #expect(try miniature.steered(intervention).logits(question()).bits != before)
    }
    // Half of what is put there, in place of a zero.
    let edit = try miniature.steered(edit("embeddings", ".virtual(4)")).interventions[0]
    let half = try edit.mapParameters { _, _, parameter in parameter.tensor.scaled(by: 0.5) }
    #expect(
      try miniature.steered(0.5 * edit).logits(question()).bits == miniature.steered(half).logits(question()).bits)
  }

  @Test func parametersAreCountedBeforeTheyAreDrawn() throws {
    let catalog = SiteCatalog(miniature.model.configuration)
    let counts: [Int] = [384, 1728, 288, 192, 480, 576 + 1152]
    for (intervention, count) in zip(try all(), counts) {
      #expect(try intervention.parameterCount(in: catalog) == count)
      #expect(try miniature.steered(intervention).interventions[0].parameterCount == count)
    }
    #expect(try TokenSelector(".prefix(3)").mostPositions == 3 && TokenSelector(".text").mostPositions == nil)
    #expect(
      try TokenSelector(".virtual(8).first(2)").mostPositions == 2 && TokenSelector(".last.first(4)").mostPositions == 1
    )
  }

  @Test func filesBringThemBack() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("virtual-\(UUID().uuidString).safetensors")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = try miniature.steered(all()[5])
    try model.interventions[0].save(to: path)
    let found = try Intervention.load(path, registry: OperatorRegistry(custom: { _, _ in Self.soft }))
    #expect(found == model.interventions[0])
    #expect(try miniature.steered(found).logits(question()).bits == model.logits(question()).bits)
  }

  @Test(arguments: 0..<6)
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
    options.rate = 0.2
    options.key = testKey
    let trained = try miniature.steered().train(try all()[number], on: data, heldOut: data, options: options)
    let losses = trained.history.losses
    let (first, last): (Float, Float) = (losses.prefix(3).reduce(0, +), losses.suffix(3).reduce(0, +))
    #expect(last < 0.9 * first, "\(losses)")
  }
}

/// Prompts against peft's prompt tuning and a forward pass written out in torch (scripts/fixtures/operators.py): a loss and
/// its gradients with respect to every P.
struct PromptGradientTests {
  private struct Case: Decodable {
    let name: String
    let image: Int
    let text: String
    let answer: String
    let loss: Float
  }

  @Test(arguments: [
    ("prompt_tuning", ["embeddings on .virtual(5)"]),
    ("prompt_inside", ["embeddings on .virtual(3, after: .image)"]),
    ("prompt_deep", ["layers[*].input on .virtual(4)"]),
    ("vpt", ["vision.embeddings on .virtual(5)"]),
    ("vpt_deep", ["vision.layers[0..-2].input on .virtual(3)"]),
    ("prompts_both", ["vision.layers[0..-2].input on .virtual(2)", "layers[*].input on .virtual(3)"]),
  ])
  func gradientsAreTorchs(_ name: String, _ edits: [String]) throws {
    let (miniature, folder) = (try Miniature(), fixture("operators"))
    let own = try #require(
      JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
        .first { $0.name == name })
    let file = try Safetensors(FileBytes(path: folder.appendingPathComponent("cases.safetensors").path))
    func torchs(_ site: Site, _ suffix: String) throws -> Tensor {
      try file.tensor(named: "\(name)/\(site.path)/P\(suffix)", axes: ["token", "model"])
    }
    let parts = try edits.map { edit in
      let words = edit.split(separator: " ", maxSplits: 2).map(String.init)
      return Intervention(try SitePattern(words[0]), on: try TokenSelector(words[2]), VirtualTokenTests.soft)
    }
    let bound = try Intervention(parts).bind(
      SiteCatalog(miniature.model.configuration), fingerprint: miniature.model.fingerprint, key: testKey
    ).mapParameters { _, site, _ in try torchs(site, "") }
    let item = try miniature.model.blueprint.trainingItem(
      miniature.prompt(own.text, image: own.image), answer: own.answer, endWeight: 0)
    let objective = try AnswerObjective(
      miniature.steered(), bound, on: TrainingData([item]), heldOut: nil, TrainingOptions(), AnswerOptions(),
      control: RunControl())
    let leaves = bound.edits.flatMap { $0.binding ?? [] }.map { ($0.site, Variable.leaf($0.parameters[0].tensor)) }
    let loss = try objective.loss([0], of: 1, parameters: leaves.map(\.1), key: testKey)
    #expect(abs(try loss.value.item() - own.loss) < 1e-4)
    let gradients = try loss.backward()
    #expect(leaves.count == file.entries.count { $0.name.hasPrefix(name + "/") && $0.name.hasSuffix(".gradient") })
    for (site, leaf) in leaves {
      let expected = try torchs(site, ".gradient").floats()
      let found = try #require(gradients[leaf]).floats()
      let largest = expected.reduce(0) { max($0, abs($1)) }
      // f32 sums in another order through up to ten blocks.
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 * max(largest, 1e-2) }, "\(site.path)")
    }
  }
}
