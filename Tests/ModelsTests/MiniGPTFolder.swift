import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Models

/// A copy of the parts that `scripts/fixtures/minigpt.py` makes, to be changed.
final class MiniGPTFolder: Sendable {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-minigpt-\(UUID().uuidString)")

  init() throws { try FileManager.default.copyItem(at: fixture("minigpt"), to: url) }

  deinit { try? FileManager.default.removeItem(at: url) }

  var model: Model { get throws { try Model.load(FileSource(folder: url.path)) } }
  var configuration: ModelConfiguration { get throws { try Model.inspect(FileSource(folder: url.path)).configuration } }
  var refusal: String { get throws { "\(try #require(throws: (any Error).self) { try model })" } }

  /// The state dict of the checkpoint.
  var trained: TorchStateDict {
    get throws {
      let path = fixture("minigpt/minigptv2_checkpoint.pth").path
      return try TorchStateDict(TorchFile(FileBytes(path: path)).field["model"])
    }
  }

  @discardableResult func edit(_ old: String, _ new: String) throws -> Self {
    let path = url.appendingPathComponent("config.json")
    let text = try String(contentsOf: path, encoding: .utf8)
    #expect(text.contains(old), "\(old)")
    try text.replacingOccurrences(of: old, with: new).write(to: path, atomically: true, encoding: .utf8)
    return self
  }

  func remove(_ file: String) throws { try FileManager.default.removeItem(at: url.appendingPathComponent(file)) }

  func write(_ text: String, to file: String) throws {
    try text.write(to: url.appendingPathComponent(file), atomically: true, encoding: .utf8)
  }

  /// Writes a torch file again with other tensors or names.
  ///
  /// - Parameter key: where its state dict is; nil for the top.
  func rewrite(
    _ file: String, key: String?,
    _ change: ([(name: String, tensor: Tensor)]) throws -> [(name: String, tensor: Tensor)]
  ) throws {
    let path = url.appendingPathComponent(file).path
    let field = try TorchFile(FileBytes(path: path)).field
    let state = try TorchStateDict(key.map { field[$0] } ?? field)
    let tensors = try state.names.map { (name: $0, tensor: try #require(state.entry(named: $0)).tensor()) }
    let changed = TorchFile.Content.dictionary(try change(tensors).map { ($0.name, .tensor($0.tensor)) })
    try TorchFile.write(key.map { .dictionary([($0, changed)]) } ?? changed, to: path)
  }
}
