import Foundation

@testable import Checkpoints

/// A folder that is gone when the test is over.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/steersh-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult func add(_ name: String, _ content: String) throws -> String {
    try add(name, Array(content.utf8))
  }

  @discardableResult func add(_ name: String, _ content: [UInt8]) throws -> String {
    try Data(content).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  /// Everything in the folder, hidden files too.
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// The words of the error that `body` throws; nil when it does not.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch { return "\(error)" }
}

extension FileBytes {
  convenience init(_ text: String, name: String) { self.init(Array(text.utf8), name: name) }

  var content: [UInt8] { withBytes { Array($0) } }
}
