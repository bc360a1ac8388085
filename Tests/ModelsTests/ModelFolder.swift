import Checkpoints
import Foundation
import Tensors
import TestSupport

/// A copy of a fixture's folder that a test may spoil; removed with this object.
final class ModelFolder {
  let url: URL

  init(_ name: String) throws {
    let flat = name.replacingOccurrences(of: "/", with: "-")
    url = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(flat)-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: fixture(name), to: url)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var source: FileSource { get throws { try FileSource(folder: url.path) } }

  /// Replaces the one occurrence of `old` in a text file.
  @discardableResult
  func edit(in file: String = "config.json", _ old: String, _ new: String) throws -> Self {
    let path = url.appendingPathComponent(file)
    let text = try String(contentsOf: path, encoding: .utf8)
    guard text.components(separatedBy: old).count == 2 else { throw CocoaError(.fileReadCorruptFile) }
    try text.replacingOccurrences(of: old, with: new).write(to: path, atomically: true, encoding: .utf8)
    return self
  }

  func write(_ text: String, to file: String) throws {
    try text.write(to: url.appendingPathComponent(file), atomically: true, encoding: .utf8)
  }

  func remove(_ file: String) throws { try FileManager.default.removeItem(at: url.appendingPathComponent(file)) }

  /// Rewrites the weights; a nil tensor leaves one out.
  func rewrite(_ change: (String, Tensor) -> (String, Tensor)?) throws {
    let file = try Safetensors(source)
    let tensors = try file.entries.compactMap { change($0.name, try file.tensor(named: $0.name)) }
    try Safetensors.write(
      tensors.map { (name: $0.0, tensor: $0.1) }, to: url.appendingPathComponent("model.safetensors").path)
  }
}
