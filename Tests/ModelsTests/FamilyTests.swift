import Checkpoints
import Kernels
@testable import Models
import Tensors
import TestSupport
import Testing

/// The tiny models of every family (scripts/fixtures/families.py), and what transformers computes for them.
enum FamilyFixture {
  static let names = [
    "gemma2", "gemma3", "gpt2", "llama3", "mistral", "phi", "phi3", "phi_dynamic", "qwen2", "qwen3", "stablelm",
    "stablelm_parallel",
  ]
  /// Those whose angles depend on how long a sequence is: what a cache keeps was turned when the sequence was shorter, as in
  /// transformers, so recomputing the whole sequence is another thing.
  static let dependentOnLength = ["phi3", "phi_dynamic"]

  static func model(_ name: String) throws -> Model { try TestModels.tiny("families/\(name)") }
  static func parity(_ name: String) throws -> Safetensors { try TestModels.parity("families/\(name)") }

  static func prompt(_ which: String, _ name: String, _ model: Model) throws -> Prompt {
    try model.blueprint.prompt(ids: parity(name).integers("\(which)/ids"))
  }

  /// Three prompts of unequal length.
  static func prompts(_ name: String, _ model: Model) throws -> [Prompt] {
    try [
      prompt("a", name, model), prompt("b", name, model), model.blueprint.prompt(ids: [1, 3, 250, 9, 9, 40, 71, 5, 6]),
    ]
  }
}

/// Each family against transformers in f32, and the laws that every model keeps. The bound is the issue's, 2e-4 absolute:
/// room for another order of summation only.
@Suite struct FamilyTests {
  @Test(arguments: FamilyFixture.names, ["a", "b"]) func parity(_ name: String, _ which: String) throws {
    let (model, fixture) = (try FamilyFixture.model(name), try FamilyFixture.parity(name))
    let prompt = try FamilyFixture.prompt(which, name, model)
    let found = try activations(model, [prompt])
    var compared = 0
    for entry in fixture.entries where entry.name.hasPrefix(which + "/") {
      let path = String(entry.name.dropFirst(which.count + 1))
      guard path != "ids", path != "answer" else { continue }
      let site = try #require(model.configuration.sites.first { $0.path == path }, "\(path)")
      let own = try #require(found[site])
      #expect(own.shape.sizes == entry.shape, "\(path)")
      let error = try difference(own.floats, fixture.floats(entry.name))
      #expect(error < 2e-4, "\(name) \(which) \(path) differs by \(error)")
      compared += 1
    }
    #expect(compared == 3 + 2 * model.configuration.decoder.layers)
    #expect(try model.logits(prompt).bits == found[Site(.decoder, .logits)]?.bits)
  }

  /// Answers go past every window.
  @Test(arguments: FamilyFixture.names) func greedyAnswers(_ name: String) throws {
    let (model, fixture) = (try FamilyFixture.model(name), try FamilyFixture.parity(name))
    let prompts = try ["a", "b"].map { try FamilyFixture.prompt($0, name, model) }
    var options = GenerationOptions()
    options.maximumTokens = 9
    let answers = try model.generate(prompts, options: options)
    for (which, answer) in zip(["a", "b"], answers) {
      var expected = try fixture.integers("\(which)/answer")
      var own = answer.ids
      // At the length where LongRoPE's factors change transformers computes the whole sequence again; we go on.
      if name == "phi3", which == "b" { (expected, own) = (Array(expected.prefix(4)), Array(own.prefix(4))) }
      #expect(own == expected, "\(name) \(which)")
    }
  }

  @Test(arguments: FamilyFixture.names) func batchesEqualSingles(_ name: String) throws {
    let model = try FamilyFixture.model(name)
    let prompts = try FamilyFixture.prompts(name, model)
    for (sample, prompt) in prompts.enumerated() {
      let (together, alone) = (try activations(model, prompts, sample: sample), try activations(model, [prompt]))
      for site in model.configuration.sites { #expect(together[site]?.bits == alone[site]?.bits, "\(site.path)") }
    }
    var options = GenerationOptions()
    options.maximumTokens = 6
    let alone = try prompts.map { try model.generate([$0], options: options)[0].ids }
    #expect(try model.generate(prompts, options: options).map(\.ids) == alone)
  }

  /// What a step over a cache computes has the bits of the same row in a pass over the whole sequence.
  @Test(arguments: FamilyFixture.names.filter { !FamilyFixture.dependentOnLength.contains($0) })
  func cachedEqualsWhole(_ name: String) throws {
    let model = try FamilyFixture.model(name)
    let prompt = try FamilyFixture.prompt("a", name, model)
    let recorder = Recorder(model.configuration.sites)
    var options = GenerationOptions()
    options.maximumTokens = 6
    let answer = try model.generate([prompt], options: options, listener: recorder)[0]
    let ids = prompt.ids + answer.ids.dropLast()
    let whole = try activations(model, [model.blueprint.prompt(ids: ids)])
    for site in model.configuration.sites {
      let steps = try #require(recorder.seen[site])
      let all = try #require(whole[site])
      for (index, step) in steps.dropFirst().enumerated() {
        let position = prompt.ids.count + index
        let axis = all.axes.contains { $0.name == "query" } ? "query" : "token"
        var row = try all.select(axis, .range(position..<position + 1))
        if axis == "query" { row = try row.select("key", .range(0..<position + 1)) }
        #expect(row.bits == step.bits, "\(name) \(site.path) at \(position)")
      }
    }
  }

  /// The number of threads belongs to the process; other tests may run meanwhile, whose results do not depend on it.
  @Test(arguments: FamilyFixture.names) func threadsChangeNoBit(_ name: String) throws {
    let model = try FamilyFixture.model(name)
    let prompts = try FamilyFixture.prompts(name, model)
    let before = sk_threads()
    defer { sk_set_threads(before) }
    sk_set_threads(1)
    let one = try activations(model, prompts)
    sk_set_threads(4)
    let four = try activations(model, prompts)
    for site in model.configuration.sites { #expect(one[site]?.bits == four[site]?.bits, "\(site.path)") }
  }

  /// A run that starts in the middle, from what an unsteered run has left there, gives the bits of a whole one.
  @Test(arguments: FamilyFixture.names) func prefixesChangeNoBit(_ name: String) throws {
    let model = try FamilyFixture.model(name)
    let prompts = try FamilyFixture.prompts(name, model)
    /// Moves the last three positions of each prompt and all that come after them.
    func edit() -> Recorder {
      Recorder([Site(.decoder, layer: 0, .output)]) { activation in
        for sample in prompts.indices {
          guard let rows = activation.rows(sample) else { continue }
          for (row, position) in activation.positions(sample).enumerated()
          where position >= prompts[sample].ids.count - 3 {
            for column in 0..<rows.width { rows.base[row * rows.width + column] += Float(column % 3) - 0.7 }
          }
        }
      }
    }
    var options = GenerationOptions()
    (options.maximumTokens, options.keepsLogProbabilities) = (5, true)
    let whole = try model.generate(prompts, options: options, listener: edit())
    let (store, positions) = (PrefixStore(), prompts.map { $0.ids.count - 3 })
    for _ in 0..<2 {
      let resumed = try model.generate(
        prompts, options: options, listener: edit(), prefix: PrefixUse(store, stage: 1, positions: positions))
      #expect(resumed.map(\.ids) == whole.map(\.ids), "\(name)")
      #expect(resumed.map(\.logProbabilities) == whole.map(\.logProbabilities), "\(name)")
    }
    #expect(try model.generate(prompts, options: options).map(\.logProbabilities) != whole.map(\.logProbabilities))
  }

  @Test(arguments: FamilyFixture.names) func savedAsItWas(_ name: String) throws {
    let model = try FamilyFixture.model(name)
    let folder = try ModelFolder("families/\(name)")
    try folder.remove("model.safetensors")
    try model.save(to: folder.url.path)
    let (saved, before) = (
      try Safetensors(folder.source), try Safetensors(FileSource(folder: fixture("families/\(name)").path))
    )
    #expect(Set(saved.entries.map(\.name)) == Set(before.entries.map(\.name)))
    for entry in before.entries {
      let (own, was) = (try saved.tensor(named: entry.name), try before.tensor(named: entry.name))
      #expect(own.dtype == was.dtype && own.shape.sizes == was.shape.sizes, "\(entry.name)")
      #expect(own.withUnsafeBytes { Array($0) } == was.withUnsafeBytes { Array($0) }, "\(entry.name)")
    }
    #expect(try Model.load(folder.source).fingerprint == model.fingerprint)
  }

  /// Every stored weight is a site with its own axes, and nothing of a checkpoint is left over.
  @Test(arguments: FamilyFixture.names) func everyWeightIsASite(_ name: String) throws {
    let model = try FamilyFixture.model(name)
    #expect(model.weights.map(\.site) == model.configuration.weightSites)
    for site in model.configuration.weightSites {
      let axes = try #require(model.configuration.weightAxes(of: site))
      #expect(try model.weight(at: site).shape == Shape(axes.map { Axis($0.name, $0.size) }), "\(site.path)")
    }
    #expect(model.others.isEmpty && model.configuration.weightCount == model.parameterCount)
    // A weight with another value is saved in its part of the tensor that holds it.
    let site = Site(.decoder, layer: 1, .keyWeight)
    let doubled = try model.weight(at: site).doubled
    let changed = try model.replacing([site: doubled])
    let folder = try ModelFolder("families/\(name)")
    try folder.remove("model.safetensors")
    try changed.save(to: folder.url.path)
    let again = try Model.load(folder.source)
    #expect(try again.weight(at: site).to(.f32).floats == doubled.floats)
    let prompt = try FamilyFixture.prompt("a", name, model)
    #expect(try again.logits(prompt).bits == changed.logits(prompt).bits)
    #expect(try again.logits(prompt).bits != model.logits(prompt).bits)
  }

  @Test(arguments: FamilyFixture.names) func randomModels(_ name: String) throws {
    let source = try FileSource(folder: fixture("families/\(name)").path)
    let model = try Model.random(source, key: RandomKey(seed: 3))
    let own = try Model.load(source)
    #expect(model.weights.map(\.site) == own.weights.map(\.site))
    #expect(model.weights.map(\.weight.place) == own.weights.map(\.weight.place))
    let logits = try model.logits(FamilyFixture.prompt("a", name, model))
    #expect(!logits.floats.contains { !$0.isFinite })
    if name == "gpt2" {
      // 0.02 / √(2 · 2) where maps add to the stream, 0.02 elsewhere.
      let (down, up) = (Site(.decoder, layer: 0, .downWeight), Site(.decoder, layer: 0, .upWeight))
      #expect(try abs(model.weight(at: down).deviation - 0.01) < 0.001)
      #expect(try abs(model.weight(at: up).deviation - 0.02) < 0.002)
    }
    // Norms start with the scale 1, so the stream before the output layer has about unit size.
    let norm = try #require(try activations(model, [FamilyFixture.prompt("b", name, model)])[Site(.decoder, .norm)])
    let mean = norm.floats.reduce(0) { $0 + $1 * $1 } / Float(norm.count)
    #expect(abs(mean - 1) < 0.2, "\(name): \(mean)")
  }
}

extension FamilyTests {
  /// √30 in bf16 is 5.46875, and a model that is stored so was trained with that.
  @Test func gemmaScalesByTheStoredType() throws {
    let model = try FamilyFixture.model("gemma2")
    let folder = try ModelFolder("families/gemma2")
    try folder.remove("model.safetensors")
    try model.save(to: folder.url.path, dtype: .bf16)
    let stored = try Model.load(folder.source)
    let prompt = try FamilyFixture.prompt("b", "gemma2", stored)
    let found = try #require(try activations(stored, [prompt])[Site(.decoder, .embeddings)])
    let table = try stored.weight(at: Site(.decoder, .embeddingsWeight)).to(.f32)
    let rows = try table.select("vocab", .list(prompt.ids)).floats.map { $0 * 5.46875 }
    #expect(difference(found.floats, rows) == 0)
    let own = try #require(try activations(model, [prompt])[Site(.decoder, .embeddings)])
    let exact = try model.weight(at: Site(.decoder, .embeddingsWeight)).select("vocab", .list(prompt.ids)).floats
    #expect(difference(own.floats, exact.map { $0 * Float(30).squareRoot() }) == 0)
  }
}

extension Tensor {
  /// The root of the mean square.
  fileprivate var deviation: Float { (floats.reduce(0) { $0 + $1 * $1 } / Float(count)).squareRoot() }

  /// Twice the tensor, in f32.
  fileprivate var doubled: Tensor {
    let wide = to(.f32)
    return Tensor(wide.shape) { out in for (index, value) in wide.floats.enumerated() { out[index] = 2 * value } }
  }
}
