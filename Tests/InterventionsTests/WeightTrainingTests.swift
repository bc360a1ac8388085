import Autodiff
import Models
import Tensors
import Testing

@testable import Interventions

/// Weights learn as activations do, and a loss may be any function of an activation.
@Suite struct WeightTrainingTests {
  private let miniature: Miniature

  init() throws { miniature = try Miniature() }

  private func data(_ answer: String) throws -> TrainingData {
    let texts = ["what color is the object ?", "name the count please .", "which shape is it ?"]
    return TrainingData(
      try (0..<6).map {
        try miniature.model.blueprint.trainingItem(
          miniature.prompt(texts[$0 % 3], image: $0 % 5), answer: answer, endWeight: 0.2)
      })
  }

  private func options(_ steps: Int) -> TrainingOptions {
    var options = TrainingOptions()
    options.length = .steps(steps)
    options.batch = 4
    options.rate = 1e-2
    options.key = testKey
    return options
  }

  /// W + B A, B zero at the start.
  private var lowRank: ClosureOperator {
    ClosureOperator(
      name: "low_rank",
      parameters: { site, key, _ in
        let (output, input) = (site.axes[0].size ?? 0, site.axes[1].size ?? 0)
        return [
          NamedTensor("A", try key.fold("A").normal([Axis("rank", 2), Axis("input", input)], deviation: 0.2)),
          NamedTensor("B", try Tensor.zeros([Axis("output", output), Axis("rank", 2)])),
        ]
      },
      .variables { weight, parameters, _ in
        try weight + #require(parameters["B"]).contract(#require(parameters["A"]))
      })
  }

  @Test(arguments: ["layers[*].attention.value.weight", "projector.output.weight", "vision.layers[0].mlp.up.weight"])
  func aLowRankChangeLearns(_ sites: String) throws {
    let (model, data) = (try miniature.steered(), try data("star"))
    let trained = try model.train(
      Intervention(try SitePattern(sites), lowRank), on: data, options: options(30))
    let losses = trained.history.losses
    #expect(losses.suffix(4).reduce(0, +) < losses.prefix(4).reduce(0, +))
    // The trained weights act in inference too, and nothing of the model itself changed.
    let after = try model.with(trained.intervention, key: testKey)
    let prompt = try miniature.prompt("which shape is it ?", image: 0)
    #expect(try after.logits(prompt).bits != model.logits(prompt).bits)
    #expect(try model.logits(prompt).bits == miniature.model.logits(prompt).bits)
  }

  /// The gradient that a low-rank factor gets is that of the loss, by central differences.
  @Test func theGradientIsTheLosss() throws {
    let model = try miniature.steered()
    let bound = try Intervention(try SitePattern("layers[2].attention.key.weight"), lowRank)
      .bind(SiteCatalog(model.base.configuration), fingerprint: model.base.fingerprint, key: testKey)
    let objective = try AnswerObjective(
      model, bound, on: data("star"), heldOut: nil, options(1), AnswerOptions(), control: RunControl())
    let values = objective.parameters.map(\.start)
    func loss(_ values: [Variable]) throws -> Variable {
      try objective.loss([0, 1, 2], of: 3, parameters: values, key: testKey)
    }
    let leaves = values.map { Variable.leaf($0) }
    let gradient = try #require(try loss(leaves).backward()[leaves[1]])
    // Along the gradient itself, where the difference is largest against rounding.
    let (way, step) = (gradient, Float(1e-2))
    func along(_ share: Float) throws -> Float {
      try loss([Variable(values[0]), Variable(values[1] + way.scaled(by: share))]).value.item()
    }
    let length = try gradient.square().sum().item()
    let scale = step / length.squareRoot()
    let found = try (along(scale) - along(-scale)) / (2 * scale)
    #expect(abs(found - length) < 2e-2 * length)
  }

  /// A probe that tells two pictures apart by what the projector reads learns together with the first block's output.
  @Test func aLossOverAnActivation() throws {
    let model = try miniature.steered()
    let prompts = try (0..<4).map { try miniature.prompt("which shape is it ?", image: $0) }
    let width = 96
    let data = ActivationData(count: prompts.count, prompt: { prompts[$0] }) { items, h, extra in
      let logits = try h.mean(over: ["token"]).contract(extra[0], over: ["model"]) + extra[1]
      let wanted = Tensor(
        [Axis("sample", items.count), Axis("class", 4)],
        items.flatMap { item in
          (0..<4).map { $0 == item ? 1 : 0 }
        })
      return try (logits.logSoftmax(over: "class") * Variable(wanted)).sum(over: ["class"]).mean().negated()
    }
    let extra = [
      NamedTensor("W", try Tensor.zeros([Axis("class", 4), Axis("model", width)])),
      NamedTensor("b", try Tensor.zeros([Axis("class", 4)])),
    ]
    let result = try model.train(
      Intervention(try SitePattern("vision.layers[0].mlp.down.weight"), lowRank),
      reading: Site(.projector, .features), on: data, heldOut: data, extra: extra, options: options(40))
    let losses = result.trained.history.losses
    #expect(abs(losses[0] - 1.3863) < 1e-3)
    #expect(losses[39] < 0.5 * losses[0])
    #expect(result.extra.map(\.name) == ["W", "b"] && result.extra[0].tensor.floats().contains { $0 != 0 })
    #expect(result.trained.history.heldOut.last?.step == 40)
  }
}
