import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Models

/// Folders whose weights are `pytorch_model.bin`, in one file or several (scripts/fixtures/torch_folders.py).
@Suite struct TorchFolderTests {
  private static let single = "pytorch_model.bin"
  private static let index = "pytorch_model.bin.index.json"
  private static let shards = (1...2).map { "pytorch_model-0000\($0)-of-00002.bin" }

  /// The folder of `tinyllama` with the weights of `torch_folders/name` in place of its own.
  private func folder(_ name: String?) throws -> ModelFolder {
    let folder = try ModelFolder("tinyllama")
    for file in try folder.source.files where file.hasPrefix("model") { try folder.remove(file) }
    guard let name else { return folder }
    let weights = fixture("torch_folders/\(name)")
    for file in try FileManager.default.contentsOfDirectory(atPath: weights.path) {
      try FileManager.default.copyItem(
        at: weights.appendingPathComponent(file), to: folder.url.appendingPathComponent(file))
    }
    return folder
  }

  /// The folder is gone when nobody holds it.
  private func load(_ folder: ModelFolder) throws -> Model {
    try withExtendedLifetime(folder) { try Model.load(folder.source) }
  }

  private func refusal(_ folder: ModelFolder) throws -> String {
    let error = try #require(throws: (any Error).self) { try Model.load(folder.source) }
    return "\(error)".replacingOccurrences(of: folder.url.path + "/", with: "")
  }

  /// The same model in safetensors.
  private func narrow() throws -> Model {
    let folder = try folder(nil)
    try FileManager.default.copyItem(
      at: fixture("torch_folders/bf16.safetensors"), to: folder.url.appendingPathComponent("model.safetensors"))
    return try load(folder)
  }

  private func expectSame(_ found: Model, _ expected: Model, _ comment: Comment? = nil) throws {
    let prompt = try expected.blueprint.prompt(ids: [1, 7, 11, 5, 20, 23])
    #expect(try found.logits(prompt).bits == expected.logits(prompt).bits, comment)
    #expect(found.fingerprint == expected.fingerprint, comment)
    #expect(found.parameterCount == expected.parameterCount && found.dtype == expected.dtype, comment)
  }

  @Test func oneFile() throws {
    let folder = try folder("single")
    try expectSame(load(folder), TestModels.tiny("tinyllama"))
  }

  @Test(arguments: ["sharded", "legacy"])
  func severalFilesAndTheOldLayout(_ name: String) throws {
    let model = try load(folder(name))
    #expect(model.dtype == .bf16)
    try expectSame(model, narrow(), "\(name)")
  }

  /// Biases, tied tables, turned maps, towers: each family's weights written by us.
  @Test(arguments: ["families/gpt2", "families/phi", "families/gemma2", "families/phi3", "families/qwen2"])
  func otherFamilies(_ name: String) throws {
    let folder = try ModelFolder(name)
    let expected = try load(folder)
    try toTorch(folder.url)
    #expect(try !folder.source.contains("model.safetensors"))
    try expectSame(load(folder), expected, "\(name)")
  }

  @Test func weightsAreNotCopied() throws {
    let folder = try folder("single")
    let files = try folder.source.files.map { ($0, try folder.source.bytes(of: $0)) }
    // In memory, so that the model reads the very bytes that are looked at.
    let source = FileSource(name: "torch", files: Dictionary(uniqueKeysWithValues: files))
    let model = try Model.load(source)
    func isInside(_ weight: Weight) throws -> Bool {
      try source.bytes(of: Self.single).withBytes { bytes in
        bytes.baseAddress.map { $0..<$0 + bytes.count }?.contains(weight.pointer) ?? false
      }
    }
    for (site, weight) in model.weights {
      // The one map whose numbers do not follow one another.
      let isTurned = site.path == "layers[0].attention.query.weight"
      #expect(try isInside(weight) != isTurned, "\(site.path)")
    }
  }

  @Test func safetensorsComeFirst() throws {
    let folder = try ModelFolder("tinyllama")
    try folder.write("not read", to: Self.single)
    try expectSame(load(folder), TestModels.tiny("tinyllama"))
    // One file comes before several.
    let other = try self.folder("sharded")
    try FileManager.default.copyItem(
      at: fixture("torch_folders/single/\(Self.single)"), to: other.url.appendingPathComponent(Self.single))
    try expectSame(load(other), TestModels.tiny("tinyllama"))
  }

  @Test func savedAsSafetensors() throws {
    let (folder, saved) = (try folder("single"), try folder(nil))
    let model = try load(folder)
    try model.save(to: saved.url.path)
    try expectSame(load(saved), model)
    // A folder with torch files is not overwritten: its old weights would lie beside the new ones.
    #expect("\(try #require(throws: (any Error).self) { try model.save(to: folder.url.path) })".contains(Self.single))
  }

  @Test func inspectingNeedsNoWeights() throws {
    let folder = try folder(nil)
    #expect(try Model.inspect(folder.source).configuration.decoder.layers == 2)
    let refusal = try refusal(folder)
    #expect(refusal.contains("model.safetensors") && refusal.contains(Self.single), "\(refusal)")
  }

  @Test func partsThatAreMissing() throws {
    let folder = try folder("sharded")
    try folder.remove(Self.shards[1])
    let refusal = try refusal(folder)
    #expect(refusal.hasPrefix(Self.shards[1] + ": there is no such file") && refusal.contains(Self.index), "\(refusal)")
  }

  @Test func indexThatIsWrong() throws {
    let norm = "model.norm.weight"
    let folder = try folder("sharded")
    try folder.edit(in: Self.index, "\"\(norm)\": \"\(Self.shards[1])\"", "\"\(norm)\": \"\(Self.shards[0])\"")
    #expect(
      try refusal(folder) == "\(Self.index): says that \(Self.shards[0]) holds the tensor \(norm), but it does not")
    let outside = try self.folder("sharded")
    try outside.edit(in: Self.index, "\"\(norm)\": \"\(Self.shards[1])\"", "\"\(norm)\": \"../\(Self.shards[1])\"")
    #expect(try refusal(outside).contains("outside the folder"))
    let twice = try self.folder("sharded")
    try FileManager.default.removeItem(at: twice.url.appendingPathComponent(Self.shards[1]))
    try FileManager.default.copyItem(
      at: twice.url.appendingPathComponent(Self.shards[0]), to: twice.url.appendingPathComponent(Self.shards[1]))
    let refusal = try refusal(twice)
    #expect(refusal.contains("is in \(Self.shards[0]) and in \(Self.shards[1]), too"), "\(refusal)")
  }

  @Test func tensorsThatDoNotFit() throws {
    let gate = "model.layers.1.mlp.gate_proj.weight"
    let folder = try ModelFolder("tinyllama")
    try toTorch(folder.url) { $0 == gate ? nil : $1 }
    #expect(try refusal(folder).contains(gate))
    try toTorch(folder.url, from: "tinyllama") { name, tensor in
      name == gate ? Tensor([Axis("row", 2), Axis("column", 3)], [1, 2, 3, 4, 5, 6]) : tensor
    }
    let shape = try refusal(folder)
    #expect(shape.contains(gate) && shape.contains("[2, 3]") && shape.contains("[56, 40]"), "\(shape)")
    try toTorch(folder.url, from: "tinyllama") { $0 == gate ? $1.to(.f64) : $1 }
    let type = try refusal(folder)
    #expect(type.contains(gate) && type.contains("float64"), "\(type)")
  }

  @Test func filesThatAreNoWeights() throws {
    let folder = try folder(nil)
    for (file, words) in [
      ("system.pt", ["\(Self.single): it refers to os.system", "which is code"]),
      ("zip.pt", ["must be a dictionary from names"]),
    ] {
      try? folder.remove(Self.single)
      try FileManager.default.copyItem(
        at: fixture("interop/torch/\(file)"), to: folder.url.appendingPathComponent(Self.single))
      let refusal = try refusal(folder)
      for word in words { #expect(refusal.contains(word), "\(refusal)") }
    }
    try folder.write("version https://git-lfs.github.com/spec/v1", to: Self.single)
    #expect(try refusal(folder).contains("not a file that torch.save writes"))
  }
}

/// Writes the safetensors weights of a folder as `pytorch_model.bin` and removes them.
///
/// - Parameters:
///   - name: the fixture that has them where the folder no longer does.
///   - change: nil leaves a tensor out.
func toTorch(
  _ folder: URL, from name: String? = nil, as file: String = "pytorch_model.bin",
  _ change: (String, Tensor) -> Tensor? = { $1 }
) throws {
  let weights = try Safetensors(FileSource(folder: name.map { fixture($0).path } ?? folder.path))
  let tensors = try weights.entries.compactMap { entry in
    try change(entry.name, weights.tensor(named: entry.name)).map { (name: entry.name, tensor: $0) }
  }
  try TorchFile.write(tensors, to: folder.appendingPathComponent(file).path)
  for file in try FileSource(folder: folder.path).files where file.hasPrefix("model") {
    try FileManager.default.removeItem(at: folder.appendingPathComponent(file))
  }
}
