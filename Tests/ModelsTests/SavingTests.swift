import Checkpoints
import Foundation
@testable import Models
import Tensors
import TestSupport
import Testing

/// Models written as folders.
@Suite struct SavingTests {
  /// A path in a fresh folder, removed with this object.
  private final class Place {
    let root: URL
    var path: String { root.appendingPathComponent("model").path }

    init() throws {
      root = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-save-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func files(_ folder: String = "model") throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path).sorted()
    }
  }

  @Test func aSavedModelIsTheSameModel() throws {
    for (model, prompt) in [
      (try TestModels.minivlm(), nil), (try TestModels.tiny("tinyllava"), try TinyPrompts().one),
    ] {
      let place = try Place()
      try model.save(to: place.path)
      let loaded = try Model.load(FileSource(folder: place.path))
      #expect(loaded.fingerprint == model.fingerprint && loaded.parameterCount == model.parameterCount)
      #expect(loaded.configuration == model.configuration && loaded.dtype == model.dtype)
      #expect(loaded.weights.map(\.weight.name) == model.weights.map(\.weight.name))
      let prompt = try prompt ?? model.blueprint.prompt(images: [PreparedImage](), text: "what is two plus two ?")
      #expect(try loaded.logits(prompt).bits == model.logits(prompt).bits)
      #expect(try place.files("") == ["model"])
    }
  }

  @Test func theEmbeddedModelsFileComesBackByteForByte() throws {
    let place = try Place()
    try TestModels.minivlm().save(to: place.path)
    #expect(
      try place.files() == [
        "config.json", "generation_config.json", "model.safetensors", "processor_config.json", "tokenizer.json",
        "tokenizer_config.json",
      ])
    let saved = try FileSource(folder: place.path)
    for file in try place.files() {
      let (own, its) = (try TestModels.minivlmSource.bytes(of: file), try saved.bytes(of: file))
      #expect(own.withBytes { own in its.withBytes { own.elementsEqual($0) } }, "\(file)")
    }
  }

  @Test func storageTypes() throws {
    let model = try Model.random(TestModels.minivlmSource, key: RandomKey(seed: 3))
    let place = try Place()
    try model.save(to: place.path, dtype: .f16)
    let half = try Model.load(FileSource(folder: place.path))
    #expect(half.dtype == .f16 && half.weights.allSatisfy { $0.weight.tensor.dtype == .f16 })
    for (own, its) in zip(model.weights, half.weights) {
      #expect(its.weight.tensor.to(.f32).bits == own.weight.tensor.to(.f16).to(.f32).bits, "\(own.site.path)")
    }
    // In the same folder again: it holds a model, so its files are replaced. As drawn, that is f32, and the configuration
    // says so.
    try model.save(to: place.path)
    #expect(try Model.load(FileSource(folder: place.path)).fingerprint == model.fingerprint)
    let config = try Field(FileSource(folder: place.path).bytes(of: "config.json"))
    #expect(try config["dtype"].string() == "float32" && place.files().count == 6)
    #expect(try Safetensors(FileSource(folder: place.path)).metadata == ["format": "pt"])
  }

  @Test func aNewWeightIsStoredAsTheOldOne() throws {
    let model = try TestModels.minivlm()
    let site = Site(.decoder, layer: 1, .downWeight)
    let new = Tensor(try model.weight(at: site).shape) { out in
      for index in out.indices { out[index] = Float(index % 11) / 3 }
    }
    let place = try Place()
    try model.replacing([site: new]).save(to: place.path)
    let loaded = try Model.load(FileSource(folder: place.path))
    #expect(try loaded.weight(at: site).dtype == .f16)
    #expect(try loaded.weight(at: site).to(.f32).bits == new.to(.f16).to(.f32).bits)
  }

  @Test func whatCannotBeStoredLeavesNothing() throws {
    let model = try TestModels.minivlm()
    let site = Site(.decoder, .normWeight)
    let large = Tensor(try model.weight(at: site).shape) { $0.update(repeating: 1e6) }
    let place = try Place()
    let error = try #require(throws: ModelError.self) { try model.replacing([site: large]).save(to: place.path) }
    #expect("\(error)" == "the weight norm.weight has values that f16 cannot hold; save it as f32")
    #expect(throws: Never.self) { try model.replacing([site: large]).save(to: place.path, dtype: .bf16) }
    #expect(try place.files("") == ["model"])
    #expect(throws: (any Error).self) { try model.save(to: place.path + "/no/folder") }
    #expect(throws: (any Error).self) { try model.save(to: place.path + "/config.json") }
    #expect(throws: ModelError.self) { try model.save(to: place.path, dtype: .i64) }
    #expect(try place.files().count == 6)
  }

  @Test func foldersWithOtherThingsAreLeftAlone() throws {
    let model = try TestModels.tiny("tinyllava")
    let place = try Place()
    try Data("mine".utf8).write(to: place.root.appendingPathComponent("notes.txt"))
    let error = try #require(throws: ModelError.self) { try model.save(to: place.root.path) }
    #expect("\(error)".contains("the folder holds other files, such as notes.txt"))
    #expect(try place.files("") == ["notes.txt"])
    let sharded = try ModelFolder("tinyllama")
    #expect(throws: ModelError.self) { try TestModels.tiny("tinyllama").save(to: sharded.url.path) }
  }

  /// Folders of before `tokenizer.json`: they load, answer, and are saved with the files that they had.
  @Test func vocabulariesWithMergesAreSavedToo() throws {
    let folder = try ModelFolder("families/gpt2")
    for file in ["tokenizer.json", "tokenizer_config.json"] { try folder.remove(file) }
    try folder.write(#"{"a":5,"b":6,"\u0120":7,"ab":8,"<|endoftext|>":250}"#, to: "vocab.json")
    try folder.write("#version: 0.2\na b\n", to: "merges.txt")
    let model = try Model.load(folder.source)
    let prompt = try model.blueprint.prompt(text: "ab b<|endoftext|>", template: .plain)
    #expect(Array(prompt.ids.suffix(4)) == [8, 7, 6, 250])
    let other = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-merges-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: other) }
    try model.save(to: other.path)
    let again = try Model.load(FileSource(folder: other.path))
    #expect(try again.blueprint.prompt(text: "ab b<|endoftext|>", template: .plain).ids == prompt.ids)
    #expect(try again.logits(prompt).bits == model.logits(prompt).bits)
  }
}
