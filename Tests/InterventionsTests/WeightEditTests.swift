import Autodiff
import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Interventions

/// Interventions at weights: they act once, on the weight, and the model that runs is the base with those weights.
struct WeightEditTests {
  private let miniature: Miniature
  private let query = Site(.decoder, layer: 1, .queryWeight)
  private let down = Site(.decoder, layer: 4, .downWeight)

  init() throws { miniature = try Miniature() }

  private func question() throws -> Prompt { try miniature.prompt("what color is the object ?", image: 3) }

  /// W + B A with parameters drawn for each site.
  private func lowRank(_ rank: Int = 2) -> ClosureOperator {
    ClosureOperator(
      name: "low_rank", arguments: [OperatorArgument("rank", .integer(rank))],
      parameters: { site, key, _ in
        let (output, input) = (site.axes[0].size ?? 0, site.axes[1].size ?? 0)
        return [
          NamedTensor("A", try key.fold("A").normal([Axis("rank", rank), Axis("input", input)], deviation: 0.2)),
          NamedTensor("B", try key.fold("B").normal([Axis("output", output), Axis("rank", rank)], deviation: 0.2)),
        ]
      },
      .variables { weight, parameters, _ in
        try weight + #require(parameters["B"]).contract(#require(parameters["A"]))
      })
  }

  private func pattern(_ text: String) throws -> SitePattern { try SitePattern(text) }

  @Test func anEditIsTheModelWithThoseWeights() throws {
    let before = try miniature.model.logits(question()).bits
    let steered = try miniature.steered(Intervention(try pattern("layers[1, 4].attention.query.weight"), lowRank()))
    var expected: [Site: Tensor] = [:]
    let edit = try #require(steered.interventions.first?.edits.first)
    for own in try #require(edit.binding) {
      let (a, b) = (try #require(own.parameters.byName["A"]), try #require(own.parameters.byName["B"]))
      expected[own.site] = try miniature.model.weight(at: own.site).to(.f32) + b.contract(a)
    }
    #expect(
      expected.keys.map(\.path).sorted() == ["layers[1].attention.query.weight", "layers[4].attention.query.weight"])
    let after = try steered.logits(question()).bits
    #expect(try after == miniature.model.replacing(expected).logits(question()).bits)
    #expect(after != before)
    #expect(try miniature.model.logits(question()).bits == before)
    #expect(steered.base === miniature.model && steered.listener() == nil)
    #expect(edit.parameterCount == 2 * 2 * (96 + 96))
    #expect(steered.interventions[0].origin == miniature.model.fingerprint)
  }

  @Test func theOrderIsThatOfWritingAndSharesAreOfWhatChanged() throws {
    let place = SitePattern([down])
    let (double, add) = (Intervention(place, Scale(.number(2))), Intervention(place, lowRank()))
    let own = try miniature.model.weight(at: down).to(.f32)
    let together = try miniature.steered(double + add)
    let oneByOne = try miniature.steered(double).with(add, key: testKey)
    #expect(try together.model.weight(at: down).bits != miniature.steered(add + double).model.weight(at: down).bits)
    #expect(try oneByOne.model.weight(at: down).shape == own.shape)
    let twice = try miniature.steered(double).with(double, key: testKey).model.weight(at: down)
    #expect(twice.floats() == own.floats().map { 4 * $0 })
    // h + s (h′ − h)
    #expect(try miniature.steered(0.25 * double).model.weight(at: down).floats() == own.floats().map { $0 + 0.25 * $0 })
    #expect(try miniature.steered(0 * double).model === miniature.model)
    #expect(try miniature.steered(1 * double).model.weight(at: down).bits == own.floats().map { (2 * $0).bitPattern })
    let byLayer = Tensor([Axis("layer", 6)], [0, 0, 0, 0, 1, 0])
    let all = Intervention(try pattern("layers[*].mlp.down.weight"), Scale(.number(2))).scaled(by: .layers(byLayer))
    let steered = try miniature.steered(all)
    #expect(try steered.model.weight(at: down).bits == own.floats().map { (2 * $0).bitPattern })
    #expect(try steered.model.weight(at: Site(.decoder, layer: 3, .downWeight)).dtype == .f16)
  }

  @Test func builtInOperatorsActOnRows() throws {
    let own = try miniature.model.weight(at: query).to(.f32).floats()
    func edited(_ operation: any Interventions.Operator) throws -> [Float] {
      try miniature.steered(Intervention(SitePattern([query]), operation)).model.weight(at: query).floats()
    }
    #expect(try edited(Replace.zero).allSatisfy { $0 == 0 })
    let row = Tensor([Axis("input", 96)], (0..<96).map { Float($0) })
    #expect(try edited(Add(row)) == own.enumerated().map { $1 + Float($0 % 96) })
    let whole = try testKey.normal([Axis("output", 96), Axis("input", 96)])
    #expect(try edited(Replace(whole)) == whole.floats())
    #expect(throws: InterventionError.self) { try edited(Add(Tensor([Axis("token", 96), Axis("input", 96)], own))) }
  }

  @Test func activationsAndWeightsTogether() throws {
    let push = Intervention(
      try pattern("layers[3].output"), on: .last, Add(try testKey.normal([Axis("model", 96)], deviation: 8)))
    let less = Intervention(try pattern("layers[*].linears"), Scale(.number(0.5)))
    let both = try miniature.steered(push + less)
    #expect(try both.logits(question()).bits == miniature.steered(less, push).logits(question()).bits)
    #expect(both.interventions[0].edits[1].binding?.count == 42)
    // Diagnostics see the model that runs.
    let site = try pattern("layers[2].output")
    #expect(
      try both.trace(question(), at: site).tensor(site).bits
        != miniature.steered(push).trace(question(), at: site).tensor(site).bits)
  }

  @Test func savedAndLoaded() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("w-\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let steered = try miniature.steered(0.5 * Intervention(try pattern("layers[0..2].mlp.linears"), lowRank(1)))
    let intervention = try #require(steered.interventions.first)
    #expect(intervention.description == "0.5 * (.layers[0..2].mlp.linears => low_rank(rank: 1))")
    try intervention.save(to: path)
    let registry = OperatorRegistry(custom: { name, _ in name == "low_rank" ? lowRank(1) : nil })
    let loaded = try Intervention.load(path, registry: registry)
    #expect(loaded == intervention)
    #expect(try miniature.steered(loaded).logits(question()).bits == steered.logits(question()).bits)
  }

  @Test func mergedModelsAreSaved() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("m-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let lora = Intervention(try pattern("layers[*].attention.linears"), lowRank())
    let steered = try miniature.steered(lora)
    try steered.save(to: folder, dtype: .f32)
    let merged = try Model.load(FileSource(folder: folder))
    #expect(try merged.logits(question()).bits == steered.logits(question()).bits)
    let push = Intervention(try pattern("layers[3].output"), on: .last, Scale(.number(2)))
    let error = try #require(throws: InterventionError.self) { try miniature.steered(lora, push).save(to: folder) }
    #expect(
      "\(error)".hasPrefix("`.layers[3].output on .last => scale(2)` edits activations, which no weight can hold"))
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    func refusal(_ intervention: Intervention) throws -> String {
      "\(try #require(throws: InterventionError.self) { try miniature.steered(intervention) })"
    }
    #expect(
      try refusal(Intervention(pattern("layers[*].mlp.linears"), on: .image, lowRank()))
        == "`.layers[*].mlp.linears` names weights, which have no tokens; leave out `on .image`")
    #expect(
      try refusal(Intervention(pattern("layers[0].mlp.linears + layers[0].output"), Replace.zero))
        .contains("names weights beside activations"))
    #expect(
      try refusal(Intervention(SitePattern([query]), Scale(.number(.infinity))))
        .hasPrefix("scale(inf) made the weight `layers[1].attention.query.weight`"))
    let bySample = Strength.function(source: "fn s -> 1") { _ in 1 }
    #expect(
      try refusal(Intervention(SitePattern([query]), Scale(bySample)))
        .contains("a weight is the same for all samples"))
    #expect(throws: InterventionError.self) { try miniature.steered().trace(question(), at: SitePattern([query])) }
    let trace = try #require(throws: InterventionError.self) {
      try miniature.steered().measure([question()], at: pattern("layers[0].linears")) { $0 }
    }
    #expect("\(trace)".contains("names weights (`layers[0].attention.query.weight`), which depend on no prompt"))
  }

  @Test func anUnreadWeightIsNoticed() throws {
    let board = NoticeBoard()
    _ = try miniature.steered(
      Intervention(try pattern("vision.layers[2..3].attention.value.weight"), Scale(.number(2))), board: board)
    #expect(board.notices.count == 1)
    #expect(
      board.notices.first?.message.hasPrefix("`vision.layers[3].attention.value.weight` is read by nothing") == true)
  }

  @Test func parametersAreCountedWithoutBeingDrawn() throws {
    struct Undrawable: Interventions.Operator {
      let name = "undrawable"
      let arguments: [OperatorArgument] = []
      func initialise(for site: SiteCatalog.Entry, key: RandomKey) throws -> [NamedTensor] {
        throw InterventionError.runs("drawn")
      }
      func parameterShapes(for site: SiteCatalog.Entry) throws -> [(name: String, shape: Shape)] {
        [("l", Shape([Axis("output", site.axes[0].size ?? 0)]))]
      }
      func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
        throw InterventionError.runs("prepared")
      }
    }
    let catalog = SiteCatalog(miniature.model.configuration)
    let all = Intervention(try pattern("layers[*].linears"), Undrawable())
    #expect(try all.parameterCount(in: catalog) == 6 * (5 * 96 + 2 * 256))
    for form in LowRankEdit.Form.allCases {
      let edit = Intervention(try pattern("layers[0..3].output"), on: .image, try LowRankEdit(form, rank: 3))
      #expect(try edit.parameterCount(in: catalog) == miniature.steered(edit).interventions[0].parameterCount)
    }
  }
}
