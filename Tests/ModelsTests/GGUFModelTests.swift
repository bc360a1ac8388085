import Autodiff
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Models

/// GGUF files against transformers on the same weights, unpacked to f32. The bound is the issue's, 2e-4.
@Suite struct GGUFModelTests {
  private static func file(_ name: String) throws -> FileBytes {
    try FileBytes(path: fixture("gguf/\(name).gguf").path)
  }
  private static func model(_ name: String, mmproj: String? = nil) throws -> Model {
    try Model.load(GGUFModel(file(name), mmproj: mmproj.map(file)))
  }
  private static func parity(_ name: String) throws -> Safetensors {
    try Safetensors(FileBytes(path: fixture("gguf/\(name).safetensors").path))
  }

  private func compare(_ model: Model, _ prompt: Prompt, _ expected: Safetensors) throws {
    let sites = Dictionary(uniqueKeysWithValues: model.configuration.sites.map { ($0.path, $0) })
    let recorder = Recorder(expected.entries.compactMap { sites[$0.name] })
    #expect(recorder.sites.count > 2)
    try model.forward([prompt], listener: recorder)
    for site in recorder.sites {
      let seen = try #require(recorder.seen[site]?.first)
      let error = difference(seen.floats, try expected.floats(site.path))
      #expect(error < 2e-4, "\(site.path) differs by \(error)")
    }
  }

  @Test(arguments: ["llama", "qwen2"]) func decoders(_ name: String) throws {
    let (model, expected) = (try Self.model(name), try Self.parity(name))
    try compare(model, model.blueprint.prompt(ids: expected.integers("ids")), expected)
  }

  /// scripts/fixtures/gguf_families.py; llama.cpp reads the same files (docs/reference/gguf.md).
  @Test(arguments: ["phi2", "phi3", "qwen3", "gemma2", "gemma3", "gpt2", "stablelm"])
  func families(_ name: String) throws {
    let (model, expected) = (try Self.model("families/\(name)"), try Self.parity("families/\(name)"))
    let prompt = try model.blueprint.prompt(ids: expected.integers("ids"))
    let block = Site(.decoder, layer: 0, .output)
    let recorder = Recorder([block])
    let logits = try model.logits(prompt, listener: recorder)
    let first = try #require(recorder.seen[block]?.first)
    #expect(difference(first.floats, try expected.floats("layers[0].output")) < 2e-4)
    #expect(difference(logits.floats, try expected.floats("logits")) < 2e-4)
    #expect(model.blueprint.tokenizer.decode([65, 256], skipSpecial: false).hasSuffix("<|end|>"))
  }

  private func llava() throws -> (model: Model, prompt: Prompt, expected: Safetensors) {
    let (model, expected) = (try Self.model("llava", mmproj: "mmproj"), try Self.parity("llava"))
    let pixels = try expected.tensor(named: "pixels", axes: ["channel", "row", "column"])
    return (
      model, try model.blueprint.prompt(ids: expected.integers("ids"), images: [TestModels.prepared(pixels)]), expected
    )
  }

  @Test func aTowerBesideItsLanguageModel() throws {
    let (model, prompt, expected) = try llava()
    try compare(model, prompt, expected)
    #expect(model.blueprint.imageProcessor?.square == [122, 116, 104])
    #expect(model.configuration.vision?.layers == 2 && model.configuration.imageToken == 0)
  }

  @Test func weightsStayAsTheyLie() throws {
    let model = try Self.model("llama")
    #expect(model.dtype == .blocks(.q4K))
    for (site, weight) in model.weights where site.point.isMap {
      if case .blocks = weight.tensor.dtype { continue }
      Issue.record("\(site.path) was unpacked")
    }
    // What others see is plain, and in the order of every other model.
    let query = try model.weight(at: Site(.decoder, layer: 0, .queryWeight))
    #expect(query.dtype == .f32 && query.shape.sizes == [256, 256])
  }

  /// A model whose weights were put in their own place by hand has the file's bits.
  @Test(arguments: ["llama", "qwen2"]) func unpackedWeightsChangeNoBit(_ name: String) throws {
    let model = try Self.model(name)
    let copies = try model.configuration.weightSites.map { ($0, try model.weight(at: $0).to(.f32)) }
    let unpacked = try model.replacing(Dictionary(uniqueKeysWithValues: copies))
    let prompt = try model.blueprint.prompt(ids: Self.parity(name).integers("ids"))
    #expect(try model.logits(prompt).bits == unpacked.logits(prompt).bits)
    var options = GenerationOptions()
    options.maximumTokens = 8
    let answers = try [model, unpacked].map { try $0.generate([prompt], options: options)[0].ids }
    #expect(answers[0] == answers[1])
  }

  @Test(arguments: ["llama", "qwen2"]) func theDifferentiablePassHasTheSameBits(_ name: String) throws {
    let model = try Self.model(name)
    let prompt = try model.blueprint.prompt(ids: Self.parity(name).integers("ids"))
    let run = try DifferentiableRun(model, [prompt], DifferentiableRun.Options())
    let logits = try run.logits(try run.stream(), rows: Array(0..<prompt.ids.count))
    #expect(logits.value.bits == (try model.logits(prompt).bits))
  }

  /// A gradient through quantised weights is that through their copies, but for the order of one sum.
  @Test(arguments: ["llama", "qwen2"]) func gradientsPassThroughBlocks(_ name: String) throws {
    let model = try Self.model(name)
    let prompt = try model.blueprint.prompt(ids: Self.parity(name).integers("ids"))
    let site = Site(.decoder, layer: 0, .downWeight)
    let copies = try model.configuration.weightSites.map { ($0, try model.weight(at: $0).to(.f32)) }
    let unpacked = try model.replacing(Dictionary(uniqueKeysWithValues: copies))
    let gradients = try [model, unpacked].map { model -> [Float] in
      let weight = Variable.leaf(try model.weight(at: site))
      var options = DifferentiableRun.Options()
      options.weights = [site: weight]
      let run = try DifferentiableRun(model, [prompt], options)
      let loss = try run.logits(try run.stream(), rows: [prompt.ids.count - 1]).square().sum()
      return try #require(loss.backward()[weight]).floats
    }
    let largest = gradients[1].map(abs).max() ?? 0
    #expect(largest > 0 && difference(gradients[0], gradients[1]) < 1e-5 * largest)
  }

  @Test func aFolderHoldsBoth() throws {
    let folder = try ModelFolder("gguf")
    #expect(throws: ModelError.self) { try GGUFModel(folder.source) }
    for name in ["blocks.gguf", "llama.gguf", "qwen2.gguf"] { try folder.remove(name) }
    let both = try #require(try GGUFModel(folder.source))
    #expect(try Model.load(both).configuration.vision != nil)
    #expect(try GGUFModel(FileSource(folder: fixture("tinyllama").path)) == nil)
  }
}
