import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// Runs that share what no edit reaches give the bits of runs of their own.
struct SharingTests {
  /// Numbers from a seed, to make interventions of.
  struct Dice {
    var key: RandomKey
    var rolls: UInt64 = 0

    mutating func roll(_ sides: Int) -> Int {
      rolls += 1
      return Int(key.fold(rolls).word % UInt64(max(sides, 1)))
    }

    mutating func pick<T>(_ choices: [T]) -> T { choices[roll(choices.count)] }
  }

  /// A model with prompts of different kinds.
  struct Bench {
    let model: Model
    let prompts: [Prompt]

    static func miniature() throws -> Bench {
      let miniature = try Miniature()
      return Bench(
        model: miniature.model,
        prompts: [
          try miniature.prompt("what color is the object ?", image: 3),
          try miniature.prompt("what color is the object ?", image: 5),
          try miniature.prompt("a note says the count is four . how many objects are there ?", image: 3),
          try miniature.prompt("what is three plus four ?"),
          try miniature.prompt("describe the image .", image: 9),
          try miniature.prompt("what is the opposite of large ?"),
        ])
    }

    /// Three query heads that share one of keys, biases, tied embeddings; two images in one prompt.
    static func tiny() throws -> Bench {
      let model = try Model.load(FileSource(folder: fixture("tinyllava").path))
      let file = try Safetensors(FileBytes(path: fixture("tinyllava/parity.safetensors").path))
      let pixels = try file.tensor(named: "pixels", axes: ["channel", "row", "column"])
      let ids = try file.tensor(named: "ids").integers()
      func image(_ factor: Float) throws -> PreparedImage {
        let geometry = ImageGeometry(originalWidth: 12, originalHeight: 12, width: 12, height: 12)
        return PreparedImage(pixels: pixels.scaled(by: factor), geometry: geometry)
      }
      let patches = [Int](repeating: 4, count: 10)
      return Bench(
        model: model,
        prompts: [
          try model.blueprint.prompt(ids: ids, images: [image(1)]),
          try model.blueprint.prompt(
            ids: [1, 20] + patches + [21] + patches + [7, 33], images: [image(-0.4), image(1)]),
          try model.blueprint.prompt(ids: [1, 11, 5, 40, 23]),
          try model.blueprint.prompt(ids: [1, 11, 5, 40, 23, 17, 9]),
        ])
    }
  }

  private static let selectors: [String] = [
    ".last", ".all", ".image", ".text", ".image.first(2) + .last", ".suffix(2)", ".all + .generated",
    ".last + .generated",
    ".generated", ".generated.first(2)", ".text.last(1)", ".all.last(3)", ".system", ".imageNumber", ".all.every(3)",
    ".virtual(2)", ".virtual(3, after: .image) + .last", ".virtual(2, before: .last)", ".virtual(1, after: .all)",
  ]

  private static func selector(_ dice: inout Dice) throws -> TokenSelector {
    let text = dice.pick(selectors)
    return text == ".imageNumber" ? .imageNumber(1) : try TokenSelector(text)
  }

  private static func operation(_ site: SiteCatalog.Entry, _ dice: inout Dice) throws -> any Operator {
    let strength: Strength =
      dice.roll(3) > 0
      ? .number(0.5)
      : .function(source: "fn s -> …") { Float($0.tokens.promptCount % 5) * 0.2 }
    switch dice.roll(7) {
    case 0:
      guard let width = site.width else { return Scale(strength) }
      return Add(try dice.key.fold("v").normal([Axis("model", width)], deviation: 2), strength: strength)
    case 1: return Scale(strength)
    case 2: return Replace.zero
    case 3: return try Clamp(min: -0.5, max: 0.4)
    case 5:
      // Looks at a token that it may not edit.
      guard site.width != nil, site.site.stack == .decoder else { return Scale(strength) }
      return Add(source: "fn h -> tanh(h)", strength: strength, at: dice.roll(2) == 0 ? .last : .all.first(1)) {
        $0.tanh()
      }
    case 4:
      // Mixes the tokens that it gets, so it must get them all.
      return ClosureOperator(
        name: "mix",
        .tensors { hidden, _, context in
          let axis = hidden.axes[hidden.axes.count - 2].name
          return try hidden.adding(hidden.mean(over: [axis]).scaled(by: Float(context.ordinals.count)))
        })
    default:
      // Where attention is masked this lets a query see what it must not; it is obeyed.
      return ClosureOperator(
        name: "turn",
        .tensors { hidden, _, _ in
          Tensor(hidden.shape) { out in
            hidden.withFloats { values in
              for index in out.indices {
                let value = values[values.count - 1 - index]
                out[index] = value.isFinite ? value : -1
              }
            }
          }
        })
    }
  }

  private static func intervention(_ model: Model, _ dice: inout Dice) throws -> Intervention {
    let catalog = SiteCatalog(model.configuration)
    let decoder = catalog.entries.filter { $0.site.stack == .decoder }
    let others = catalog.entries.filter { $0.site.stack != .decoder }
    var parts: [Intervention] = []
    for _ in 0...dice.roll(3) {
      let isVision = dice.roll(12) == 0
      let entry = dice.pick(isVision ? others : decoder)
      let operation = try operation(entry, &dice)
      let tokens = isVision ? TokenSelector.all : try selector(&dice)
      let edit = Intervention(SitePattern([entry.site]), on: tokens, operation)
      switch dice.roll(4) {
      case 0: parts.append(0.3 * edit)
      case 1: parts.append(edit.scaled(by: .function(source: "fn s -> …") { Float($0.tokens.promptCount % 3) * 0.4 }))
      default: parts.append(edit)
      }
    }
    return Intervention(parts)
  }

  /// An answer, or why there is none.
  private static func outcome<T>(_ body: () throws -> T) -> Result<T, Failure> {
    do { return .success(try body()) } catch { return .failure(Failure(text: "\(error)")) }
  }

  struct Failure: Error, Equatable { let text: String }

  @Test(arguments: ["minivlm", "tinyllava", "llava_next"], [true, false])
  func randomInterventionsGiveTheBitsOfSeparateRuns(_ name: String, _ isRoomy: Bool) throws {
    let bench =
      try name == "minivlm" ? Bench.miniature() : name == "tinyllava" ? Bench.tiny() : Bench.tiles()
    let limit = isRoomy ? 1 << 30 : name == "minivlm" ? 600_000 : name == "tinyllava" ? 12_000 : 45_000
    let store = PrefixStore(byteLimit: limit)
    var (equal, failures) = (0, 0)
    for round in 0..<(name == "minivlm" ? 120 : 300) {
      var dice = Dice(key: testKey.fold("\(name) \(round)"))
      let intervention = try Self.intervention(bench.model, &dice)
      let (alone, sharing) = (NoticeBoard(), NoticeBoard())
      let own = try SteeredModel(bench.model, notices: alone).with(intervention, key: testKey)
      let shared = try SteeredModel(bench.model, notices: sharing).with(intervention, key: testKey)
      let prompts = (0...dice.roll(4)).map { _ in dice.pick(bench.prompts) }
      var options = GenerationOptions()
      options.maximumTokens = 1 + dice.roll(5)
      options.temperature = Double(dice.roll(2)) * 1.5
      options.keepsLogProbabilities = true
      let expected = Self.outcome { try own.generate(prompts, options: options) }
      let found = Self.outcome { try shared.generate(prompts, options: options, prefixes: store) }
      #expect(found == expected, "\(round): \(intervention)")
      let logits = Self.outcome { try own.logits(prompts[0]).bits }
      #expect(
        Self.outcome { try shared.logits(prompts[0], prefixes: store).bits } == logits, "\(round): \(intervention)")
      if case .success = expected {
        equal += 1
        #expect(Set(sharing.notices) == Set(alone.notices), "\(round): \(intervention)")
      } else {
        failures += 1
      }
      #expect(store.byteCount <= limit)
    }
    // Some of them turn logits into what no token can be chosen from; most do not.
    #expect(equal > 5 * failures)
    #expect(store.statistics.reused > 100)
    #expect((store.statistics.refused > 0) == !isRoomy)
  }

  @Test func observersSeeEveryPosition() throws {
    let bench = try Bench.miniature()
    let store = PrefixStore()
    let push = try testKey.fold("push").normal([Axis("model", 96)], deviation: 8)
    for layer in [0, 3, 5] {
      let edit = Intervention(SitePattern([Site(.decoder, layer: layer, .output)]), on: .last + .generated, Add(push))
      let steered = try SteeredModel(bench.model).with(edit, key: testKey)
      for pattern in ["layers[*].output", "layers[4].attention.weights", "projector.output", "logits", "embeddings"] {
        let sites = try SitePattern(pattern)
        let prompts = Array(bench.prompts.prefix(3))
        let expected = try steered.trace(prompts, at: sites, generate: 3)
        let found = try steered.trace(prompts, at: sites, generate: 3, prefixes: store)
        for (a, b) in zip(found, expected) {
          #expect(a.generated == b.generated)
          #expect(try a.tensor(sites).bits == b.tensor(sites).bits, "layer \(layer), \(pattern)")
        }
        let measured = try steered.measure(prompts, at: sites, prefixes: store) { try $0.mean(over: nil) }
        #expect(try measured.bits == steered.measure(prompts, at: sites) { try $0.mean(over: nil) }.bits)
      }
    }
  }

  /// How many blocks ran, and for which positions: each block asks once whether to go on.
  @Test func onlyWhatAnEditReachesIsComputed() throws {
    let bench = try Bench.miniature()
    let store = PrefixStore()
    var options = GenerationOptions()
    options.maximumTokens = 1
    var blocks = 0
    let control = RunControl(isCancelled: {
      blocks += 1
      return false
    })
    func blocksRun(_ sites: String, _ tokens: TokenSelector) throws -> Int {
      blocks = 0
      let edit = Intervention(try SitePattern(sites), on: tokens, Scale(.number(0.9)))
      let steered = try SteeredModel(bench.model).with(edit, key: testKey)
      _ = try steered.generate(bench.prompts, options: options, prefixes: store, control: control)
      return blocks
    }
    let all = bench.model.configuration.decoder.layers
    let vision = try #require(bench.model.configuration.vision).usedLayers
    // The prompts themselves, all layers and the vision tower, then what the edit reaches.
    #expect(try blocksRun("layers[2].output", .last) == vision + all + 3)
    #expect(try blocksRun("layers[2].output", .last) == 3)
    #expect(try blocksRun("layers[2].output", .all) == 3)
    // From the next stage below that is there, and then not again.
    #expect(try blocksRun("layers[4].residual", .all) == 3)
    #expect(try blocksRun("layers[4].residual", .image) == 2)
    #expect(try blocksRun("layers[5].output", .last) == 0)
    #expect(try blocksRun("layers[5].output", .all) == 2)
    #expect(try blocksRun("layers[5].output", .all) == 0)
    #expect(try blocksRun("logits", .last) == 0)
    #expect(try blocksRun("embeddings", .last) == all)
    #expect(try blocksRun("layers[1].input", .generated) == 0)
    // What the vision tower made of the images is kept by the model.
    #expect(try blocksRun("projector.output", .all) == all)
    #expect(store.count == bench.prompts.count)
    #expect(store.statistics.computed == bench.prompts.count)
  }

  @Test func computesTheEditedPositionsOnly() throws {
    let bench = try Bench.miniature()
    let store = PrefixStore()
    var seen: [Range<Int>] = []
    let spy = ClosureOperator(
      name: "spy",
      .tensors { hidden, _, context in
        seen.append(context.positions[0]..<context.positions[context.positions.count - 1] + 1)
        return hidden
      })
    final class Watch: SiteListener {
      let sites: Set<Site> = [Site(.decoder, layer: 4, .residual)]
      var ranges: [Range<Int>] = []
      func visit(_ activation: any SiteActivation) { ranges.append(activation.positions(0)) }
    }
    let prompt = bench.prompts[0]
    let last = prompt.ids.count - 1
    for _ in 0..<2 {
      let watch = Watch()
      let use = PrefixUse(store, stage: 3, positions: [last - 2])
      try bench.model.forward([prompt], listener: watch, prefix: use)
      #expect(watch.ranges == [last - 2..<last + 1])
    }
    let steered = try SteeredModel(bench.model).with(
      Intervention(try SitePattern("layers[3].input"), on: .suffix(2), spy), key: testKey)
    _ = try steered.generate([prompt], prefixes: store)
    #expect(seen.count == 1)
  }
}
