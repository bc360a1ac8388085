import Checkpoints
import Glibc

/// A file or a folder that may be another tool's, opened once for all who look at it.
public struct ForeignSource: Sendable {
  public let path: String
  /// Set for a folder.
  public let folder: FileSource?
  /// Set for a file.
  public let file: FileBytes?
  /// What is in the file, where `torch.save` wrote it.
  public let torch: TorchFile?

  /// - Throws: `CheckpointError` where nothing is at the path; for a torch file with code in it or damage.
  public init(_ path: String) throws {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      let file = try FileBytes(path: path, expected: "a file or a folder")
      self.file = file
      folder = nil
      torch = Self.isTorch(path, file) ? try TorchFile(file) : nil
      return
    }
    folder = try FileSource(folder: path, expected: "a folder")
    (file, torch) = (nil, nil)
  }

  private static func isTorch(_ path: String, _ file: FileBytes) -> Bool {
    ["pt", "pth", "bin"].contains(ending(of: path)) && TorchFile.mayBe(file)
  }

  /// The last part of the path.
  public var name: String { String(path.split(separator: "/").last ?? "") }

  /// What stands behind the last dot of the name, in small letters.
  public var ending: String { Self.ending(of: path) }

  private static func ending(of path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    return name.contains(".") ? String(name.split(separator: ".").last ?? "").lowercased() : ""
  }

  /// Whether this is a folder with this file.
  public func contains(_ file: String) -> Bool { folder?.contains(file) ?? false }

  /// A torch file of the folder.
  public func torch(_ name: String, expected: String) throws -> TorchFile {
    guard let folder else { throw CheckpointError(path, .file(.notFolder(expected: "a folder"))) }
    return try TorchFile(folder.bytes(of: name, expected: expected))
  }
}
