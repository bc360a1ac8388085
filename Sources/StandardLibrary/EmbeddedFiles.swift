import CEmbedded

/// A file compiled into the program. Its bytes live as long as the process.
public struct EmbeddedFile: @unchecked Sendable {
  public let folder: String
  public let name: String
  public let bytes: UnsafeRawBufferPointer

  /// The files of one folder, `stdlib` or `minivlm`, in the order they were compiled in.
  public static func files(in folder: String) -> [EmbeddedFile] {
    var count = 0
    guard let table = steersh_embedded_files(&count) else { return [] }
    return (0..<count).compactMap { index in
      let entry = table[index]
      guard let folderName = entry.folder, let name = entry.name, let bytes = entry.bytes else { return nil }
      guard String(cString: folderName) == folder else { return nil }
      return EmbeddedFile(
        folder: folder, name: String(cString: name),
        bytes: UnsafeRawBufferPointer(start: bytes, count: entry.count))
    }
  }

  /// The file's bytes as UTF-8 text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
