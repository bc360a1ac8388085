import Autodiff
import Models
import Synchronization
import Tensors
import Testing

@testable import Interventions

/// Laws of composition and of runs, on activations that a forward pass would show.
struct InterventionTests {
  private let site = Site(.decoder, layer: 1, .output)
  private let sites: SitePattern
  private let v = Tensor([Axis("model", 8)], noise(8, 2))

  init() throws { sites = try SitePattern("layers[1].output") }

  private var before: [Float] { noise(28 * 8, 1) }

  @Test func aPlusBAppliesAThenB() throws {
    let double = Intervention(sites, on: .text, Scale(.number(2)))
    let add = Intervention(sites, on: .text, Add(v))
    let first = try apply(double + add).values()
    let second = try apply(add + double).values()
    let w = v.withFloats { Array($0) }
    for index in 19 * 8..<26 * 8 {
      #expect(first[index] == before[index] * 2 + w[index % 8])
      #expect(second[index] == (before[index] + w[index % 8]) * 2)
    }
    #expect(try apply(Intervention([double, add])).values() == first)
  }

  @Test func aShareScalesWhatIsAdded() throws {
    let add = Intervention(sites, on: .text, Add(v))
    let half = try apply(0.5 * add).values()
    let w = v.withFloats { Array($0) }
    for index in 19 * 8..<26 * 8 { #expect(abs(half[index] - (before[index] + 0.5 * w[index % 8])) < 1e-6) }
    // A share of a sum is a share of what both do together, even where they overlap.
    let zero = Intervention(sites, on: .text.first(3), Replace.zero)
    let together = try apply(0.25 * (add + zero)).values()
    for index in 19 * 8..<22 * 8 { #expect(abs(together[index] - 0.75 * before[index]) < 1e-6) }
    for index in 22 * 8..<26 * 8 { #expect(abs(together[index] - (before[index] + 0.25 * w[index % 8])) < 1e-6) }
    // Shares multiply.
    let eighth = try apply(0.5 * (0.25 * add)).values()
    for index in 19 * 8..<26 * 8 { #expect(abs(eighth[index] - (before[index] + 0.125 * w[index % 8])) < 1e-6) }
  }

  @Test func aShareOfOneIsTheSameBits() throws {
    let edit = try Intervention(sites, on: .text, LowRankEdit(.mores, rank: 2))
    #expect(try apply(1 * edit).values() == apply(edit).values())
  }

  @Test func noEffectIsNoChangeOfAnyBit() throws {
    // Infinities and NaN would not survive arithmetic with 0.
    var values = before
    values[19 * 8] = .infinity
    values[19 * 8 + 1] = -0.0
    for intervention in [
      0 * Intervention(sites, on: .text, Replace.zero), Intervention(sites, on: .text, Add(v, strength: .number(0))),
      Intervention(sites, on: .text, Scale(.number(1))), Intervention(sites, on: .imageNumber(5), Replace.zero),
      Intervention(sites, on: .text, Add(v, strength: .function(source: "f") { _ in 0 })),
      Intervention(sites, on: .text, Replace.zero).scaled(by: .layers(Tensor([Axis("layer", 3)], [1, 0, 1]))),
    ] {
      let after = try apply(intervention, values: values).values()
      #expect(after.map(\.bitPattern) == values.map(\.bitPattern), "\(intervention)")
    }
  }

  @Test func aStepAtATimeEditsWhatOnePassEdits() throws {
    let tokens = try TokenSelector(".image.first(2) + .last + .generated.every(2)")
    let bound = try Intervention(sites, on: tokens, LowRankEdit(.loreft, rank: 2))
      .bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
    let plan = try SteeringPlan([bound], sampleCatalog())
    let values = noise(400 * 8, 3)
    let whole = FakeActivation(site, [sampleContext(generated: 372)], [0..<400], width: 8, [values])
    try SteeringSession(plan, notices: NoticeBoard()).visit(whole)

    // Prefill, then token by token, well past the first look ahead.
    let session = SteeringSession(plan, notices: NoticeBoard())
    var stepped: [Float] = []
    for range in [0..<28] + (28..<400).map({ $0..<$0 + 1 }) {
      let context = sampleContext(generated: max(range.upperBound - 28, 0))
      let part = FakeActivation(
        site, [context], [range], width: 8, [Array(values[range.lowerBound * 8..<range.upperBound * 8])])
      try session.visit(part)
      stepped += part.values()
    }
    #expect(stepped == whole.values())
    #expect(whole.values() != values)
  }

  @Test func samplesOfABatchAreEditedAsIfAlone() throws {
    let bound = try Intervention(sites, on: .image.last(3) + .word("cat"), LowRankEdit(.mores, rank: 2))
      .bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
    let plan = try SteeringPlan([bound], sampleCatalog())
    let contexts = [sampleContext(), sampleContext(image: false), sampleContext(images: 2)]
    let ranges = contexts.map { 0..<$0.promptCount }
    let values = ranges.enumerated().map { noise($1.count * 8, UInt64($0)) }
    let batch = FakeActivation(site, contexts, ranges, width: 8, values)
    try SteeringSession(plan, notices: NoticeBoard()).visit(batch)
    for sample in contexts.indices {
      let alone = FakeActivation(site, [contexts[sample]], [ranges[sample]], width: 8, [values[sample]])
      try SteeringSession(plan, notices: NoticeBoard()).visit(alone)
      #expect(batch.values(sample) == alone.values())
    }
  }

  @Test func visionRowsAreFoundPastTheClassToken() throws {
    let pattern = try SitePattern("vision.layers[0].output")
    let after = try apply(
      Intervention(pattern, on: .image.first(1), Replace.zero), at: Site(.vision, layer: 0, .output))
    let rows = after.rowsOf(width: 8)
    #expect(rows.count == 17)
    #expect(rows[1] == [Float](repeating: 0, count: 8))
    #expect(rows[0] == Array(noise(17 * 8, 1)[0..<8]))
  }

  @Test func sitesWithHeadsAreEditedThroughACopy() throws {
    let pattern = try SitePattern("layers[0].attention.weights")
    let place = Site(.decoder, layer: 0, .weights)
    let bound = try Intervention(pattern, on: .last, Replace.zero)
      .bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
    let session = SteeringSession(try SteeringPlan([bound], sampleCatalog()), notices: NoticeBoard())
    let values = noise(2 * 28 * 28, 7)
    let activation = FakeActivation(place, [sampleContext()], [0..<28], heads: 2, width: 28, [values])
    try session.visit(activation)
    var expected = values
    for head in 0..<2 { for key in 0..<28 { expected[(head * 28 + 27) * 28 + key] = 0 } }
    #expect(activation.values() == expected)
    // The next token is neither selected nor written back.
    let next = FakeActivation(place, [sampleContext(generated: 1)], [28..<29], heads: 2, width: 29, [noise(58, 1)])
    try session.visit(next)
    #expect(next.replacements == 0)
  }

  @Test func aClosureGetsTheSelectedTokensByName() throws {
    let seen = Mutex<[String]>([])
    let closure = ClosureOperator(
      name: "nudge",
      parameters: { site, _, _ in [NamedTensor("d", Tensor([Axis("model", site.width ?? 0)], noise(8, 9)))] },
      .variables { hidden, parameters, context in
        let words = try hidden.axes[0].indices(of: .word("cat")).map { context.positions[$0] }
        seen.withLock { $0.append("\(hidden.shape) \(words) \(context.ordinals) \(context.site.path)") }
        return try hidden + #require(parameters["d"])
      })
    let after = try apply(Intervention(sites, on: .text.last(6), closure)).values()
    #expect(seen.withLock { $0 } == ["[token: 6, model: 8] [20] [0, 1, 2, 3, 4, 5] layers[1].output"])
    #expect(after[20 * 8] == before[20 * 8] + noise(8, 9)[0])
  }

  @Test func whatBecomesInfiniteIsAnError() throws {
    let wild = Intervention(sites, on: .word("cat"), Scale(.number(.greatestFiniteMagnitude * 2)))
    #expect { _ = try apply(wild) } throws: {
      $0 as? InterventionError
        == .notFinite(
          operation: "scale(inf)", site: "layers[1].output", sample: 0, position: 20,
          value: before[160] > 0 ? "inf" : "-inf")
    }
    // What was not finite before is not the operator's doing.
    var values = before
    for index in 20 * 8..<21 * 8 { values[index] = .nan }
    #expect(throws: Never.self) { try apply(wild, values: values) }
  }

  @Test func whatSelectsNothingIsNoticedOnce() throws {
    let heard = Mutex<[Notice]>([])
    let board = NoticeBoard { notice in heard.withLock { $0.append(notice) } }
    let text = sampleContext(image: false)
    for _ in 0..<2 {
      let image = Intervention(sites, on: .image.first(2), Replace.zero)
      let values = noise(text.promptCount * 8, 1)
      #expect(try apply(image, context: text, values: values, board: board).values() == values)
      _ = try apply(Intervention(sites, on: .word("dog"), Replace.zero), context: text, board: board)
    }
    let notices = heard.withLock { $0 }
    #expect(notices.map(\.level) == [.info, .warning])
    #expect(notices.first?.message.contains("the prompt has no image") == true)
    #expect(notices.last?.message.contains(".word(\"dog\")") == true)
  }

  @Test func editsThatReachNothingAreNoticedBeforehand() throws {
    let last = try Intervention(SitePattern("layers[1..2].output"), on: .image, Replace.zero)
    let notices = try last.notices(in: sampleCatalog())
    #expect(notices.count == 1)
    #expect(notices.first?.message.contains("layers[2].output") == true)
    let unread = try Intervention(SitePattern("vision.layers[*].output"), on: .all, Replace.zero)
    #expect(try unread.notices(in: sampleCatalog()).first?.message.contains("read by nothing") == true)
    #expect(try Intervention(sites, on: .image, Replace.zero).notices(in: sampleCatalog()).isEmpty)
  }

  @Test func parametersDependOnNothingButKeySiteAndName() throws {
    let alone = try Intervention(sites, on: .text, LowRankEdit(.mores, rank: 2))
    let wide = try Intervention(SitePattern("layers[*].output"), on: .text, LowRankEdit(.mores, rank: 2))
    func bound(_ intervention: Intervention, other: Bool = false) throws -> [Site: [NamedTensor]] {
      let bound = try intervention.bind(
        sampleCatalog(), fingerprint: testFingerprint, key: other ? otherKey : testKey)
      return Dictionary(uniqueKeysWithValues: try #require(bound.edits[0].binding).map { ($0.site, $0.parameters) })
    }
    func bits(_ parameters: [NamedTensor]?) -> [[Float]] {
      (parameters ?? []).map { $0.tensor.withFloats { Array($0) } }
    }
    let one = try bound(alone)
    let all = try bound(wide)
    #expect(all.count == 3)
    #expect(bits(one[site]) == bits(all[site]))
    #expect(bits(all[site]) != bits(all[Site(.decoder, layer: 2, .output)]))
    #expect(bits(try bound(alone, other: true)[site]) != bits(one[site]))
    #expect(try alone.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey).parameterCount == 2 * 8 * 2 + 2)
  }

  @Test func boundParametersAreKeptAndBelongToOneModel() throws {
    let bound = try Intervention(sites, on: .text, LowRankEdit(.mores, rank: 2))
      .bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
    let again = try bound.bind(sampleCatalog(), fingerprint: testFingerprint, key: otherKey)
    func first(_ intervention: Intervention) -> [Float]? {
      intervention.edits[0].binding?[0].parameters[0].tensor.withFloats { Array($0) }
    }
    #expect(first(bound) == first(again))
    let other = fingerprint("llava 32×4096/0a/0b")
    #expect { _ = try bound.bind(sampleCatalog(), fingerprint: other, key: testKey) } throws: {
      "\($0)".contains("llava 32×4096") && "\($0)".contains("llava 3×8")
    }
    #expect(throws: Never.self) { try bound.bind(sampleCatalog(), fingerprint: other, key: testKey, force: true) }
  }

  @Test func selectorsThatCannotBeUsedAreFoundWhenBinding() throws {
    func fails(_ pattern: String, _ tokens: String, _ words: String) throws {
      let intervention = Intervention(try SitePattern(pattern), on: try TokenSelector(tokens), Replace.zero)
      #expect { _ = try intervention.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey) } throws: {
        "\($0)".contains(words)
      }
    }
    try fails("layers[1].output", ".generated.last(2)", "depends on where generation ends")
    try fails("vision.layers[0].output", ".text", "only image patches")
    try fails("layers[9].output", ".text", "no layer 9")
  }

  @Test func anUnboundInterventionDoesNotRun() throws {
    let edit = Intervention(sites, on: .text, Replace.zero)
    #expect { _ = try SteeringPlan([edit], sampleCatalog()) } throws: { "\($0)".contains("no parameters yet") }
  }

  @Test func printsAsItsSource() throws {
    let mores = try Intervention(
      SitePattern("layers[1..4].output"), on: TokenSelector(".image.first(2) + .image.last(2)"),
      LowRankEdit(.mores, rank: 1))
    #expect(mores.description == ".layers[1..4].output on .image.first(2) + .image.last(2) => mores(rank: 1)")
    let zero = Intervention(sites, on: .last, Replace.zero)
    #expect((mores + 0.5 * zero).description == "(\(mores)) + 0.5 * (.layers[1].output on .last => zero())")
    #expect((0.5 * (mores + zero)).description == "0.5 * ((\(mores)) + (\(zero)))")
  }
}
