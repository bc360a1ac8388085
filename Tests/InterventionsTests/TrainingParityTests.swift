import Autodiff
import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// Twenty steps of training against torch through the transformers model: edits written in torch
/// (scripts/fixtures/training.py), and those of pyreft itself (scripts/fixtures/pyreft.py).
struct TrainingParityTests {
  private struct Item: Decodable {
    let image: Int?
    let text: String
    let answer: [Int]
    let weights: [Float]
  }

  private struct Case: Sendable {
    /// Among the fixtures.
    var file = "training/results"
    let name: String
    let form: LowRankEdit.Form
    let rank: Int
    let sites: String
    let tokens: String
    let constraint: OrthonormalConstraint
    let decay: Double
    let clip: Double?
    let normalisation: AnswerOptions.Normalisation
  }

  private static let cases = [
    Case(
      name: "loreft", form: .loreft, rank: 4, sites: "layers[1..2].output", tokens: ".text.first(2) + .text.last(2)",
      constraint: .householder, decay: 0.1, clip: 1, normalisation: .sample),
    Case(
      name: "mores", form: .mores, rank: 1, sites: "layers[0..4].output", tokens: ".image.first(2) + .image.last(2)",
      constraint: .qr, decay: 0, clip: nil, normalisation: .token),
    Case(
      name: "noreft", form: .noreft, rank: 2, sites: "projector.output", tokens: ".image", constraint: .householder,
      decay: 0.05, clip: 0.5, normalisation: .sample),
    pyreft(.loreft, decay: 0.1), pyreft(.direft), pyreft(.consreft), pyreft(.noreft, decay: 0.05),
  ]

  private static func pyreft(_ form: LowRankEdit.Form, decay: Double = 0) -> Case {
    Case(
      file: "pyreft/training", name: form.rawValue, form: form, rank: 4, sites: "layers[1..2].output",
      tokens: ".text.first(2) + .text.last(2)", constraint: .householder, decay: decay, clip: 1,
      normalisation: .sample)
  }

  @Test(arguments: cases.indices)
  func twentyStepsAreTorchs(_ index: Int) throws {
    let one = Self.cases[index]
    let miniature = try Miniature()
    let folder = fixture("training")
    let items = try JSONDecoder().decode(
      [Item].self, from: Data(contentsOf: folder.appendingPathComponent("items.json")))
    let data = TrainingData(
      try items.map {
        try TrainingItem(miniature.prompt($0.text, image: $0.image), answer: $0.answer, weights: $0.weights)
      })
    let file = try Safetensors(
      FileBytes(path: fixture(one.file + ".safetensors").path, expected: "torch's results"))
    let edit = Intervention(
      try SitePattern(one.sites), on: try TokenSelector(one.tokens), try LowRankEdit(one.form, rank: one.rank))
    let start = try edit.bind(
      SiteCatalog(miniature.model.configuration), fingerprint: miniature.model.fingerprint, key: testKey
    ).mapParameters { _, site, parameter in
      try file.tensor(named: "\(one.name).first.\(site.path).\(parameter.name)", axes: parameter.tensor.shape.names)
    }
    var options = TrainingOptions()
    options.length = .steps(20)
    options.batch = items.count
    options.accumulate = index % 3 + 1
    options.rate = 5e-3
    options.schedule = Schedule(.cosine, warmUp: .steps(3))
    options.decay = one.decay
    options.clip = one.clip
    options.constraint = one.constraint
    var answers = AnswerOptions()
    answers.normalisation = one.normalisation
    answers.checkpointed = index == 1
    let trained = try miniature.steered().train(start, on: data, options: options, answers: answers)

    let (losses, norms) = (
      try file.tensor(named: "\(one.name).losses").floats(), try file.tensor(named: "\(one.name).norms").floats()
    )
    for (step, (found, expected)) in zip(trained.history.losses, losses).enumerated() {
      #expect(abs(found - expected) < 1e-5, "loss of step \(step)")
    }
    for (step, (found, expected)) in zip(trained.history.norms, norms).enumerated() {
      #expect(abs(found - expected) < 1e-4 * max(expected, 1), "norm of step \(step)")
    }
    // Measured: 1e-6 in losses and 8e-7 in parameters, which moved by up to 0.05. Adam divides by a gradient's own size,
    // so that where one is near zero its rounding could show in full.
    for own in try #require(trained.intervention.edits.first?.binding) {
      for parameter in own.parameters {
        let name = "\(own.site.path).\(parameter.name)"
        let expected: [Float] = try file.tensor(named: "\(one.name).last.\(name)").floats()
        let errors: [Float] = zip(parameter.tensor.floats(), expected).map { abs($0 - $1) }
        #expect((errors.max() ?? 1) < 1e-5, "\(name)")
      }
    }
  }
}
