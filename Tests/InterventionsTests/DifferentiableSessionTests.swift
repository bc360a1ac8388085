import Autodiff
import Models
import Tensors
import Testing

@testable import Interventions

/// The differentiable form of edits: the bits of inference, and gradients that finite differences agree with.
struct DifferentiableSessionTests {
  private static let v = Tensor([Axis("model", 8)], noise(8, 2))
  private static let rows = Tensor([Axis("token", 7), Axis("model", 8)], noise(56, 4))
  private static let plane = Tensor([Axis("direction", 2), Axis("model", 8)], noise(16, 5))
  /// Depends on the sample: the prompt without a picture is shorter.
  private static let bySample = Strength.function(source: "fn p -> …") { Float($0.tokens.promptCount) / 20 }

  static let operators: [any Operator] =
    [
      Add(v, strength: .number(2.5)), Add(v, strength: bySample), Add(rows),
      Add(source: "g", strength: .number(0.5)) { try $0 * $0 }, Scale(.number(-0.5)), Scale(bySample), Scale(v),
      Replace(v), Replace(rows), Replace.zero, ProjectOut(v), ProjectOut(plane),
      Add(source: "g", strength: .number(0.5), at: .last) { try $0 * $0 },
      Add(source: "g", strength: bySample, at: .word("sat")) { $0.tanh() },
      ClosureOperator(name: "whole", .variables { h, _, _ in try h + h.mean(over: ["token"]) }),
      ClosureOperator(name: "each", .rows { h, _ in try h.tanh() * h }),
    ]
    + LowRankEdit.Form.allCases.flatMap { form in
      [LowRankEdit.Activation.identity, .gelu].compactMap { try? LowRankEdit(form, rank: 2, activation: $0) }
    } + [try? Clamp(min: -0.2, max: 0.3), try? Clamp(min: -0.1, max: 0.1, direction: v)].compactMap { $0 }

  private static let site = Site(.decoder, layer: 1, .output)
  private let contexts = [sampleContext(), sampleContext(image: false), sampleContext(images: 2)]

  /// One activation for all samples, as both kinds of session see it.
  private func values(width: Int = 8) -> [[Float]] {
    contexts.enumerated().map { noise($1.promptCount * width, UInt64(20 + $0)) }
  }

  private func bound(_ intervention: Intervention) throws -> Intervention {
    try intervention.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
  }

  private func inferred(_ intervention: Intervention, at site: Site = site) throws -> [[Float]] {
    let session = SteeringSession(try SteeringPlan([intervention], sampleCatalog()), notices: NoticeBoard())
    let activation = FakeActivation(site, contexts, contexts.map { 0..<$0.promptCount }, width: 8, values())
    try session.visit(activation)
    return contexts.indices.map { activation.values($0) }
  }

  /// The packed activation after the edit, for variables of the caller's in place of the input and the parameters.
  private func differentiated(
    _ intervention: Intervention, _ input: Variable, parameters: [String: Variable] = [:]
  ) throws -> Variable {
    let plan = try SteeringPlan([intervention], sampleCatalog()) { parameters[$3.name] ?? Variable($3.tensor) }
    let session = DifferentiableSession(plan, notices: NoticeBoard())
    var samples: [Range<Int>] = []
    for context in contexts {
      let start = samples.last?.upperBound ?? 0
      samples.append(start..<start + context.promptCount)
    }
    let activation = DifferentiableActivation(
      site: Self.site, content: .packed(input), samples: samples, firstPositions: [0, 0, 0], contexts: contexts)
    guard case .packed(let edited) = try session.visit(activation) else {
      Issue.record("the content changed its kind")
      return input
    }
    return edited
  }

  private var packed: Tensor {
    let all = values().flatMap { $0 }
    return Tensor([Axis("token", all.count / 8), Axis("model", 8)], all)
  }

  private func interventions(_ operation: any Operator) throws -> [Intervention] {
    let edit = Intervention(try SitePattern("layers[1].output"), on: .text, operation)
    let other = Intervention(try SitePattern("layers[1].output"), on: .image + .last, Add(Self.v))
    return [edit, 0.5 * edit, (edit + other).scaled(by: Self.bySample), 1 * (other + 0.25 * (edit + edit))]
  }

  @Test(arguments: operators.indices)
  func bitsAreThoseOfInference(_ index: Int) throws {
    for intervention in try interventions(Self.operators[index]) {
      let bound = try bound(intervention)
      let expected = try inferred(bound).flatMap { $0 }.map(\.bitPattern)
      #expect(try differentiated(bound, Variable(packed)).value.bits == expected, "\(intervention)")
      #expect(try differentiated(bound, .leaf(packed)).value.bits == expected, "\(intervention), tracked")
    }
  }

  /// Central differences along random directions of the input and of every parameter.
  @Test(arguments: operators.indices)
  func gradientsAreThoseOfFiniteDifferences(_ index: Int) throws {
    for intervention in try interventions(Self.operators[index]) {
      let bound = try bound(intervention)
      var inputs = ["h": packed]
      for parameter in bound.edits.compactMap({ $0.binding?.first?.parameters }).joined() {
        inputs[parameter.name] = parameter.tensor
      }
      let seed = Tensor(packed.axes, noise(packed.count, 40))
      func output(_ values: [String: Variable]) throws -> Variable {
        try differentiated(bound, try #require(values["h"]), parameters: values)
      }
      let leaves = inputs.mapValues { Variable.leaf($0) }
      let gradients = try (output(leaves) * Variable(seed)).sum().backward()
      for (name, input) in inputs.sorted(by: { $0.key < $1.key }) {
        let leaf = try #require(leaves[name])
        let gradient = gradients[leaf]?.floats() ?? [Float](repeating: 0, count: input.count)
        // Rows of an orthonormal matrix move on their manifold: an editor's R has no gradient across it.
        let direction = Tensor(input.axes, noise(input.count, 41))
        let step: Float = 1e-2
        func moved(_ share: Float) throws -> Double {
          var values = inputs.mapValues { Variable($0) }
          values[name] = Variable(try input.adding(direction.scaled(by: share)))
          let product = try output(values).value.multiplying(seed)
          return product.floats().reduce(0) { $0 + Double($1) }
        }
        let difference = try (moved(step) - moved(-step)) / Double(2 * step)
        let found = zip(gradient, direction.floats()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        // Second differences of σ and QR, and clamps that a row crosses, are what is left.
        let size = Self.operators[index] is Clamp ? 0.3 : 2e-2
        #expect(abs(found - difference) <= size * max(1, abs(difference)), "\(intervention), \(name)")
      }
    }
  }

  /// Heads lie packed as `[token, head, feature]` and are edited as `[head, token, feature]`.
  @Test func headsAreEditedAsTheyAreInInference() throws {
    let site = Site(.decoder, layer: 1, .mixed)
    let perHead = Tensor([Axis("head", 2), Axis("model", 4)], noise(8, 6))
    let operators: [any Operator] = [
      Add(perHead), ClosureOperator(name: "whole", .variables { h, _, _ in try h + h.mean(over: ["token", "head"]) }),
    ]
    for operation in operators {
      let bound = try bound(Intervention(SitePattern("layers[1].attention.mixed"), on: .text, operation))
      let plan = try SteeringPlan([bound], sampleCatalog())
      let count = contexts[0].promptCount
      let input = Tensor([Axis("token", count), Axis("head", 2), Axis("feature", 4)], noise(count * 8, 1))
      let result = try DifferentiableSession(plan, notices: NoticeBoard()).visit(
        DifferentiableActivation(
          site: site, content: .packed(Variable(input)), samples: [0..<count], firstPositions: [0],
          contexts: [contexts[0]]))
      guard case .packed(let edited) = result else {
        Issue.record("the content changed its kind")
        continue
      }
      let headed = try input.reorder(["head", "token", "feature"])
      let text = Array(19..<26)
      let chosen = try headed.select("token", .list(text))
      let prepared = try operation.prepare(for: #require(sampleCatalog()[site]), parameters: [NamedTensor]())
      let context = EditContext(
        site: site, sample: SampleContext(index: 0, tokens: contexts[0]), positions: text,
        ordinals: Array(text.indices))
      let expected = try headed.put(
        prepared.apply(chosen, strength: 1, at: context), at: .list(text), along: "token")
      #expect(edited.shape == input.shape)
      #expect(try edited.value.reorder(["head", "token", "feature"]).bits == expected.bits, "\(operation.source)")
    }
  }

  /// Masked scores are −∞; a share of an edit leaves those alone that the edit does not touch.
  @Test func sharesOfMatricesKeepWhatIsMasked() throws {
    let site = Site(.decoder, layer: 1, .weights)
    let bound = try bound(0.5 * Intervention(SitePattern("layers[1].attention.weights"), on: .last, Scale(.number(3))))
    let plan = try SteeringPlan([bound], sampleCatalog())
    let count = contexts[1].promptCount
    var values = noise(2 * count * count, 3)
    values[(count - 1) * count + 2] = -.infinity
    let matrix = Tensor([Axis("head", 2), Axis("query", count), Axis("key", count)], values)
    let leaf = Variable.leaf(matrix)
    let result = try DifferentiableSession(plan, notices: NoticeBoard()).visit(
      DifferentiableActivation(
        site: site, content: .matrices([leaf]), samples: [0..<count], firstPositions: [0], contexts: [contexts[1]]))
    guard case .matrices(let edited) = result else {
      Issue.record("the content changed its kind")
      return
    }
    let found = edited[0].value.floats()
    for head in 0..<2 {
      for query in 0..<count {
        for key in 0..<count {
          let place = (head * count + query) * count + key
          let before = values[place]
          #expect(
            found[place] == (query == count - 1 && before.isFinite ? before + 0.5 * (before * 3 - before) : before))
        }
      }
    }
    let gradient = try #require(try edited[0].backward(Tensor.full(1, matrix.axes))[leaf])
    #expect(gradient.floats().last == 2)
    #expect(gradient.floats().first == 1)
  }

  @Test func anOperatorOfTensorsHasNoDerivative() throws {
    let opaque = ClosureOperator(name: "opaque", .tensors { h, _, _ in h.scaled(by: 2) })
    let bound = try bound(Intervention(SitePattern("layers[1].output"), on: .text, opaque))
    #expect(try differentiated(bound, Variable(packed)).value.bits == inferred(bound).flatMap { $0 }.map(\.bitPattern))
    #expect { try differentiated(bound, .leaf(packed)) } throws: { "\($0)".contains("`opaque()` has no derivative") }
  }
}
