import Autodiff
import Checkpoints
import Foundation
import Kernels
import Models
import Tensors
import TestSupport
import Testing

/// One case of a fixture that `scripts/fixtures/towers.py` makes.
struct TowerCase {
  let model: Model
  let fixture: Safetensors
  let number: Int

  static let names = [
    "llava_phi", "llava_dinov2", "llava_registers", "llava_qwen2", "llava_next", "tinyllava_factory", "minigpt_v2",
  ]
  /// Pictures that LLaVA-NeXT's cases were made of: width and height, and the cells that they are cut into.
  static let pictures = [(93, 40, 1, 3), (31, 90, 3, 1), (60, 45, 2, 2)]

  static func all(_ name: String) throws -> [TowerCase] {
    let folder = fixture_(name)
    let model = try Model.load(FileSource(folder: folder.path))
    let fixture = try Safetensors(FileBytes(path: folder.appendingPathComponent("parity.safetensors").path))
    return (0..<3).filter { fixture.contains("\($0)/ids") }
      .map { TowerCase(model: model, fixture: fixture, number: $0) }
  }

  private static func fixture_(_ name: String) -> URL { TestSupport.fixture("towers/\(name)") }

  func floats(_ name: String) throws -> [Float] { try fixture.floats("\(number)/\(name)") }

  var image: PreparedImage {
    get throws {
      let tiles = try (0...).prefix { fixture.contains("\(number)/pixels\($0)") }.map { index in
        try fixture.tensor(named: "\(number)/pixels\(index)", axes: ["channel", "row", "column"]).to(.f32)
      }
      let (width, height, rows, columns) = Self.pictures[number]
      let isTiled = tiles.count > 1
      return PreparedImage(
        tiles: tiles.map { pixels in
          let (own, across) = (pixels.shape.sizes[1], pixels.shape.sizes[2])
          let geometry = ImageGeometry(
            originalWidth: isTiled ? width : across, originalHeight: isTiled ? height : own, width: across, height: own)
          return PreparedImage.Tile(pixels: pixels, geometry: geometry)
        }, cells: isTiled ? (rows, columns) : nil)
    }
  }

  var prompt: Prompt {
    get throws { try model.blueprint.prompt(ids: fixture.integers("\(number)/ids"), images: [image]) }
  }
}

/// Vision towers, projectors and decoders put together in every way there is a fixture for, against the reference.
@Suite struct TowerTests {
  /// The order of summation differs from the reference's, nothing else.
  @Test(arguments: TowerCase.names) func everythingIsTheReferences(_ name: String) throws {
    for own in try TowerCase.all(name) {
      let seen = try activations(own.model, [own.prompt])
      var compared = 0
      for site in own.model.configuration.sites where own.fixture.contains("\(own.number)/\(site.path)") {
        let found = try #require(seen[site]).floats
        #expect(difference(found, try own.floats(site.path)) < 2e-4, "\(own.number) \(site.path)")
        compared += 1
      }
      let layers = own.model.configuration.decoder.layers + (own.model.configuration.vision?.layers ?? 0)
      #expect(compared == (own.number == 0 ? layers + 5 : 2))
      #expect(difference(try own.model.logits(own.prompt).floats, try own.floats("logits")) < 2e-4)
    }
  }

  @Test(arguments: TowerCase.names) func answersAreTheReferences(_ name: String) throws {
    var options = GenerationOptions()
    options.maximumTokens = 6
    for own in try TowerCase.all(name) {
      let answer = try own.model.generate([own.prompt], options: options)[0].ids
      let expected = try own.fixture.integers("\(own.number)/greedy")
      // The reference does not stop at the end token.
      #expect(!answer.isEmpty && answer == Array(expected.prefix(answer.count)))
    }
  }

  /// Each sample gets the bits that it has alone, whoever else is in the batch and however many threads there are; a
  /// cached step gives what the whole sequence gives.
  @Test(arguments: TowerCase.names) func bitsDependOnNothingElse(_ name: String) throws {
    let cases = try TowerCase.all(name)
    let model = cases[0].model
    let image = try cases[0].image
    let laid = try model.blueprint.prompt(images: [image], text: "w1 w2", template: .plain)
    #expect(laid.context.images[0].features == (try cases[0].prompt.context.images[0].features))
    var prompts = try cases.map { try $0.prompt }
    prompts.append(try model.blueprint.prompt(ids: [1, 11, 5, 40, 23]))
    let one = prompts[0].ids.filter { $0 == model.configuration.imageToken }
    prompts.append(try model.blueprint.prompt(ids: [1] + one + [21] + one + [7, 33], images: [image, image]))
    let before = sk_threads()
    defer { sk_set_threads(before) }
    for (sample, prompt) in prompts.enumerated() {
      sk_set_threads(1)
      let alone = try activations(model, [prompt])
      sk_set_threads(3)
      let packed = try activations(model, prompts, sample: sample)
      for site in model.configuration.sites {
        #expect(alone[site]?.bits ?? [] == packed[site]?.bits, "\(sample) \(site.path)")
      }
    }
    sk_set_threads(before)
    var options = GenerationOptions()
    options.maximumTokens = 5
    let answers = try model.generate(prompts, options: options)
    for (prompt, answer) in zip(prompts, answers) where answer.ids.count > 1 {
      let recorder = Recorder([Site(.decoder, .logits)])
      _ = try model.generate([prompt], options: options, listener: recorder)
      for (step, seen) in (recorder.seen[Site(.decoder, .logits)] ?? []).enumerated() {
        let whole = Prompt(ids: prompt.ids + answer.ids.prefix(step), context: prompt.context, images: prompt.images)
        #expect(seen.bits.suffix(83) == (try model.logits(whole)).bits.suffix(83))
      }
    }
  }

  /// The pass that gradients go through gives the bits of inference.
  @Test(arguments: TowerCase.names) func bothPassesAreOne(_ name: String) throws {
    let cases = try TowerCase.all(name)
    let model = cases[0].model
    let prompts = try cases.map { try $0.prompt } + [model.blueprint.prompt(ids: [1, 11, 5])]
    for checkpointed in [false, true] {
      var options = DifferentiableRun.Options()
      options.checkpointed = checkpointed
      let run = try DifferentiableRun(model, prompts, options)
      let logits = try run.logits(try run.stream(), rows: Array(0..<(run.samples.last?.upperBound ?? 0)))
      for (prompt, rows) in zip(prompts, run.samples) {
        #expect(try logits.value.select("token", .range(rows)).bits == model.logits(prompt).bits)
      }
      options.features = .tower(try model.towerFeatures(prompts))
      let known = try DifferentiableRun(model, prompts, options).lastLogits().value
      #expect(try known.bits == DifferentiableRun(model, prompts).lastLogits().value.bits)
      // Pixels that get a gradient are unfolded by operations of their own.
      options.features = nil
      options.pixels = prompts.flatMap(\.images).map { Variable.leaf($0) }
      #expect(try DifferentiableRun(model, prompts, options).lastLogits().value.bits == known.bits)
    }
  }

  @Test(arguments: ["llava_phi", "llava_dinov2", "llava_next"]) func gradientsAreTorchs(_ name: String) throws {
    let own = try TowerCase.all(name)[0]
    try expectTorchGradients(own.model, own.prompt, own.fixture, samples: 120)
  }

  /// What is saved is the model: the same names and shapes, the same numbers.
  @Test(arguments: TowerCase.names) func savedModelsAreTheSame(_ name: String) throws {
    let own = try TowerCase.all(name)[0]
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-tower-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try own.model.save(to: folder.path)
    let again = try Model.load(FileSource(folder: folder.path))
    #expect(again.fingerprint == own.model.fingerprint)
    #expect(try again.logits(own.prompt).bits == own.model.logits(own.prompt).bits)
    let (old, new) = (
      try Safetensors(FileBytes(path: fixture("towers/\(name)/model.safetensors").path)),
      try Safetensors(FileBytes(path: folder.appendingPathComponent("model.safetensors").path))
    )
    #expect(Set(new.entries.map { "\($0.name) \($0.shape)" }) == Set(old.entries.map { "\($0.name) \($0.shape)" }))
    #expect(own.model.parameterCount == old.entries.reduce(0) { $0 + $1.shape.reduce(1, *) })
    let random = try Model.random(FileSource(folder: fixture("towers/\(name)").path), key: RandomKey(seed: 3))
    #expect(random.configuration.weightSites == own.model.configuration.weightSites)
    #expect(try random.logits(own.prompt).floats.allSatisfy { $0.isFinite })
  }
}
