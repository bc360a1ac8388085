import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// Steering against plain torch hooks on the transformers model (scripts/fixtures/interventions.py): the logits of
/// every position and greedy answers, here with a key-value cache, there recomputed at every step.
struct ParityTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Part: Decodable, Sendable {
      let sites: String
      let tokens: String
      let `operator`: String
      let arguments: [String: Argument]
      /// Axis names of the operator's own tensors.
      let tensors: [String: [String]]
      let share: Float?
    }

    struct Answer: Decodable, Sendable {
      let image: Int?
      let text: String
      let answer: [Int]
    }

    enum Argument: Decodable, Sendable {
      case number(Float)
      case text(String)

      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let number = try? value.decode(Float.self) {
          self = .number(number)
        } else {
          self = .text(try value.decode(String.self))
        }
      }
    }

    let name: String
    let parts: [Part]
    /// How many of the prompts have their logits in the file.
    let full: Int
    let answers: [Answer]
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let file = fixture("interventions").appendingPathComponent("cases.json")
    guard let data = try? Data(contentsOf: file), let cases = try? JSONDecoder().decode([Case].self, from: data) else {
      return []
    }
    return cases
  }()

  private let tensors: Safetensors

  init() throws {
    tensors = try Safetensors(
      FileBytes(path: fixture("interventions").appendingPathComponent("cases.safetensors").path))
  }

  @Test func theFixtureIsThere() { #expect(Self.cases.count == 10) }

  @Test(arguments: cases) func steersAsTorchHooksDo(_ example: Case) throws {
    let miniature = try Miniature()
    var whole: [Intervention] = []
    for (index, part) in example.parts.enumerated() {
      whole.append(try intervention(part, "\(example.name)/\(index)", miniature.model))
    }
    let steered = try miniature.steered(Intervention(whole))
    for (index, expected) in example.answers.enumerated() {
      let prompt = try miniature.prompt(expected.text, image: expected.image)
      if index < example.full {
        let logits = try steered.logits(prompt).floats()
        let reference = try tensors.tensor(named: "\(example.name)/logits\(index)").floats()
        try #require(logits.count == reference.count)
        let error = zip(logits, reference).reduce(Float(0)) { largest, pair in max(largest, abs(pair.0 - pair.1)) }
        // The bound. Steered logits reach 20 in size; f32 sums in another order leave 1e-5.
        #expect(error < 1e-4, "logits differ by \(error)")
      }
    }
    // All at once: a packed batch with a cache against one prompt at a time without.
    let prompts = try example.answers.map { try miniature.prompt($0.text, image: $0.image) }
    var options = GenerationOptions()
    options.maximumTokens = 6
    let answers = try steered.generate(prompts, options: options)
    for (answer, expected) in zip(answers, example.answers) {
      #expect(answer.ids == expected.answer, "\(expected.text)")
    }
  }

  private func intervention(_ part: Case.Part, _ place: String, _ model: Model) throws -> Intervention {
    var arguments: [OperatorArgument] = []
    for (name, value) in part.arguments {
      switch value {
      case .number(let number) where name == "rank": arguments.append(OperatorArgument(name, .integer(Int(number))))
      case .number(let number): arguments.append(OperatorArgument(name, .number(number)))
      case .text(let text): arguments.append(OperatorArgument(name, .text(text)))
      }
    }
    for (name, axes) in part.tensors {
      arguments.append(OperatorArgument(name, .tensor(try tensors.tensor(named: "\(place)/\(name)", axes: axes))))
    }
    let edit = Intervention(
      try SitePattern(part.sites), on: try TokenSelector(part.tokens),
      try OperatorRegistry().make(part.operator, arguments, path: "cases.json"))
    // The parameters of torch in place of those drawn here.
    let bound = try edit.bind(SiteCatalog(model.configuration), fingerprint: model.fingerprint, key: testKey)
      .mapParameters { _, site, parameter in
        try tensors.tensor(named: "\(place)/\(site.path)/\(parameter.name)", axes: parameter.tensor.axes.map(\.name))
      }
    return part.share.map { $0 * bound } ?? bound
  }
}
