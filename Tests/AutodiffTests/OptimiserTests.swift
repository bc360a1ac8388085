import Checkpoints
import Foundation
import TestSupport
import Tensors
import Testing

@testable import Autodiff

/// Against twenty steps of torch.optim and transformers' schedules (scripts/fixtures/optimisers.py).
struct OptimiserTests {
  private struct Facts: Decodable {
    let norms: [Double]
    let schedules: [String: [Double]]
  }

  private struct Case: Sendable {
    let name: String
    let rule: UpdateRule
    let rate: Double
    var decay = 0.0
    var clip: Double?
  }

  private static let cases = [
    Case(name: "adamw", rule: .adamW(), rate: 1e-2, decay: 0.1),
    Case(name: "adamw_fast", rule: .adamW(beta1: 0.8, beta2: 0.95, epsilon: 1e-4), rate: 3e-2),
    Case(name: "adam", rule: .adam(beta1: 0.9, beta2: 0.98, epsilon: 1e-8), rate: 1e-2, decay: 0.1),
    Case(name: "sgd", rule: .sgd(), rate: 1e-3, decay: 0.1),
    Case(name: "momentum", rule: .sgd(momentum: 0.9, nesterov: false), rate: 1e-3, decay: 0.1),
    Case(name: "nesterov", rule: .sgd(momentum: 0.9, nesterov: true), rate: 1e-3, decay: 0.1),
    Case(name: "clipped", rule: .adamW(), rate: 1e-2, clip: 1),
  ]

  private let file: Safetensors
  private let facts: Facts

  init() throws {
    let folder = fixture("optimisers")
    file = try Safetensors(FileBytes(path: folder.appendingPathComponent("steps.safetensors").path, expected: "steps"))
    facts = try JSONDecoder().decode(
      Facts.self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
  }

  private func tensor(_ name: String, step: Int? = nil) throws -> Tensor {
    let whole = try file.tensor(named: name)
    return try step.map { try whole.select("axis0", .index($0)) } ?? whole
  }

  /// Relative to the parameter's largest element: single elements pass through zero.
  @Test(arguments: cases.indices)
  func stepsAreTorchs(_ index: Int) throws {
    let one = Self.cases[index]
    let names = ["matrix", "vector"]
    var values = try names.map { try tensor("start.\($0)") }
    var states = values.map { OptimiserState(one.rule, for: $0) }
    for step in 0..<20 {
      let given = step == 7 ? 1 : 2
      let gradients = try names[..<given].map { try tensor("gradient.\($0)", step: step) }
      let norm = globalNorm(gradients)
      let scale = clippingScale(norm: norm, limit: one.clip)
      if one.clip != nil { #expect(abs(norm / facts.norms[step] - 1) < 1e-6) }
      for (place, gradient) in gradients.enumerated() {
        values[place] = one.rule.step(
          values[place], gradient, scale: scale, rate: one.rate, decay: place == 0 ? one.decay : 0,
          state: &states[place])
      }
      for (name, value) in zip(names, values) {
        let expected = try tensor("\(one.name).\(name)", step: step).floats()
        let largest = expected.map { abs($0) }.max() ?? 1
        for (x, y) in zip(value.floats(), expected) {
          #expect(abs(x - y) <= 1e-6 * largest, "\(one.name), \(name), step \(step)")
        }
      }
    }
    #expect(states.map(\.steps) == [20, 19])
  }

  @Test func aStepLeavesTheStateThatSomebodyKeepsAlone() throws {
    let (value, gradient) = (try tensor("start.vector"), try tensor("gradient.vector", step: 3))
    var state = OptimiserState(.adamW(), for: value)
    let first = UpdateRule.adamW().step(value, gradient, rate: 0.1, state: &state)
    let kept = state
    _ = UpdateRule.adamW().step(first, gradient, rate: 0.1, state: &state)
    var again = kept
    let repeated = UpdateRule.adamW().step(first, gradient, rate: 0.1, state: &again)
    #expect(again.memory.map { $0.floats() } == state.memory.map { $0.floats() })
    #expect(repeated.floats() != first.floats())
  }

  @Test(arguments: [
    ("constant", Schedule(.constant, warmUp: .steps(4))), ("linear", Schedule(.linear, warmUp: .steps(4))),
    ("cosine", Schedule(.cosine, warmUp: .share(0.15))), ("restarts", Schedule(.restarts(3), warmUp: .steps(4))),
    ("floor", Schedule(.cosine, warmUp: .steps(4), floor: 0.02)),
  ])
  func schedulesAreTransformers(_ name: String, _ schedule: Schedule) throws {
    let expected = try #require(facts.schedules[name])
    for (step, factor) in expected.enumerated() {
      #expect(abs(schedule.factor(at: step, of: 23) - factor) < 1e-12, "\(name), step \(step)")
    }
  }

  @Test func aTrainingOfOneStepTrains() {
    for shape in [Schedule.Shape.constant, .linear, .cosine, .restarts(2)] {
      #expect(Schedule(shape, warmUp: .share(0.03)).factor(at: 0, of: 1) == 1)
      #expect(Schedule(shape, warmUp: .steps(10)).factor(at: 0, of: 1) == 1)
    }
  }

  @Test func rulesNameTheirFaults() {
    #expect(UpdateRule.adamW(beta1: 1, beta2: 0.9, epsilon: 0).fault?.contains("betas") == true)
    #expect(UpdateRule.sgd(momentum: 0, nesterov: true).fault?.contains("nesterov") == true)
    #expect(UpdateRule.adam(beta1: 0, beta2: 0, epsilon: .nan).fault?.contains("epsilon") == true)
    for rule in [UpdateRule.adamW(), .adam(), .sgd()] { #expect(rule.fault == nil) }
  }
}
