import Tensors
import Testing

@testable import Scenes

@Suite struct MixTests {
  private let pool = ScenePool(seed: 0, split: .train)

  @Test func sharesAreKept() throws {
    let mix = try Mix(pool, scenes: 0..<2000, seed: 1)
    var counts: [Mix.Kind: Int] = [:]
    for item in mix.take(20_000) { counts[item.kind, default: 0] += 1 }
    let total = Mix.kinds.reduce(0) { $0 + (Mix.standard[$1] ?? 0) }
    for kind in Mix.kinds {
      let share = (Mix.standard[kind] ?? 0) / total
      // Five standard errors of a binomial count.
      let margin = 5 * (20_000 * share * (1 - share)).squareRoot()
      #expect(abs(Double(counts[kind] ?? 0) - 20_000 * share) < margin, "\(kind)")
    }
    let changed = try Mix(pool, scenes: 0..<2000, seed: 1, shares: [.text: 3, .knowledge: 1])
    let texts = changed.take(4000).count { $0.kind == .text }
    #expect(abs(texts - 3000) < 140 && changed.take(4000).allSatisfy { $0.scene == nil })
  }

  /// An item depends on the seed and its number, not on what was asked before or how far the pool goes.
  @Test func itemsStandAlone() throws {
    let mix = try Mix(pool, scenes: 0..<1000, seed: 4)
    let forwards = (0..<300).map { Self.line(mix[$0]) }
    let other = try Mix(ScenePool(seed: 0, split: .train), scenes: 0..<1000, seed: 4)
    #expect((0..<300).reversed().map { Self.line(other[$0]) } == forwards.reversed())
    #expect(Array(mix.take(300)).map(Self.line) == forwards)
    #expect(try Self.line(Mix(pool, scenes: 0..<1000, seed: 5)[0]) != forwards[0])
    #expect(Self.line(mix[1 << 40]) != forwards[0])
  }

  private static func line(_ item: VisualQuestion) -> String {
    "\(item.kind) \(item.scene?.number ?? -1) \(item.question) \(item.answer) \(item.weight) \(item.endWeight)"
  }

  @Test func itemsAreConsistent() throws {
    let mix = try Mix(pool, scenes: 100..<200, seed: 2)
    for item in mix.take(5000) {
      #expect(item.weight == (item.kind == .caption ? 0.35 : 1) && item.endWeight == 0.2)
      guard let scene = item.scene else {
        #expect(item.kind == .text || item.kind == .knowledge)
        continue
      }
      #expect((100..<200).contains(scene.number) && scene === pool[scene.number])
      if let conflict = item.conflict {
        #expect(item.answer == conflict.teacherAnswer(try #require(Self.instruction(item.kind))))
      }
      // The pattern is never asked about an image.
      if item.kind != .caption { #expect(item.attribute != .pattern) }
      if item.kind == .caption { #expect(item.answer.contains(" \(scene[.pattern]) ")) }
      if [.visual, .agree, .irrelevant].contains(item.kind) {
        #expect(item.answer == item.attribute.map { scene[$0] })
      }
    }
  }

  private static func instruction(_ kind: Mix.Kind) -> Conflict.Instruction? {
    switch kind {
    case .conflict: .neutral
    case .conflictImage: .image
    case .conflictText: .text
    default: nil
    }
  }

  /// Three in ten yes/no questions are about other attributes than the shape, two in five ask for a correction.
  @Test func yesNo() throws {
    let items = try Mix(pool, scenes: 0..<1000, seed: 1, shares: [.yesNo: 1]).take(10_000)
    #expect(abs(items.count { $0.attribute != .shape } - 3000) < 230)
    #expect(abs(items.count { $0.question.hasSuffix("or what is it ?") } - 4000) < 245)
    #expect(abs(items.count { $0.answer == "yes" } - 5000) < 250)
    #expect(items.count { $0.question == "is the object a \($0.word ?? "") in the image ?" } > 1800)
  }

  @Test func badShares() {
    #expect(throws: SceneError.badShares("text: -1.0")) { try Mix(pool, scenes: 0..<9, shares: [.text: -1]) }
    #expect(throws: SceneError.badShares("vqa: nan")) { try Mix(pool, scenes: 0..<9, shares: [.visual: .nan]) }
    #expect(throws: SceneError.badShares("no share above 0")) { try Mix(pool, scenes: 0..<9, shares: [:]) }
    #expect(throws: SceneError.unknownKind("counterfactual")) {
      try Mix(pool, scenes: 0..<9, shares: [.counterfactual: 1])
    }
    #expect(throws: SceneError.noScenes) { try Mix(pool, scenes: 5..<5) }
  }
}

@Suite struct ScenePoolTests {
  /// A pool gives the scenes of its split, and always the same objects.
  @Test func scenesAreKept() {
    let pool = ScenePool(seed: 0, split: .test)
    #expect(pool[3] === pool[3] && pool.take(5).count == 5)
    #expect(pool[3].image == SceneData().scenes(.test)[3].image)
    #expect(ScenePool(seed: 7)[123_456].image == SceneGenerator(seed: 7)[123_456].image)
    #expect(pool[-1].number == -1)
  }

  /// The same pictures for any number of threads, painted one by one or together.
  @Test func paintedInParallel() {
    let (one, all) = (ScenePool(seed: 3), ScenePool(seed: 3))
    all.paint((0..<50).reversed())
    for number in 0..<50 {
      #expect(one[number].image == all[number].image && one[number].box == all[number].box)
      #expect(one[number].patchMask() == all[number].patchMask())
    }
  }

  @Test func labels() throws {
    let pool = ScenePool(seed: 0, split: .train)
    for attribute in Attribute.allCases {
      let labels = try pool.labels(attribute, 10..<400)
      #expect(labels.shape.axes == [Axis("sample", 390)] && labels.dtype == .i64)
      for (place, label) in try labels.integers().enumerated() {
        #expect(attribute.values[label] == pool[10 + place][attribute])
      }
    }
    #expect(try pool.labels(.shape, 0..<0).shape.count == 0)
  }
}
