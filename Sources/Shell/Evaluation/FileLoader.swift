import Interpreter
import Syntax

/// Finds the files of `use`: relative to the file that uses them, or to the working folder.
struct FileLoader: SourceLoader {
  func source(of path: String, usedBy source: String) throws -> SourceText {
    let folder = source.hasPrefix("<") ? "" : TextFile.folder(of: source)
    let name = path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    return try Self.read(Self.normalized(name))
  }

  /// A script's text; `-` is standard input.
  static func read(_ path: String) throws(FileError) -> SourceText {
    SourceText(name: path == "-" ? "<stdin>" : path, bytes: try TextFile.bytes(path))
  }

  /// Without `.` and without `..` behind a folder, so that a file has one name.
  static func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
