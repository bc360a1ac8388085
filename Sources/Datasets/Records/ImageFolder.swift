import Checkpoints
import Glibc

/// The images of a folder and of the folders in it, ordered by path.
///
/// A record has `file`, the path inside the folder, `image`, the path to read, and `label`, the name of the first folder on
/// the way (how classes are told apart), missing for images that lie in the folder itself.
public final class ImageFolder: RecordReader {
  public let name: String
  private let files: [String]

  static let endings: Set<String> = ["png", "jpg", "jpeg", "webp", "gif"]

  /// - Throws: `DatasetError.noRecords` for a folder without images.
  public init(_ path: String) throws {
    name = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
    var found: [String] = []
    var visited: Set<[UInt64]> = []
    Self.collect(name, "", &visited, &found)
    guard !found.isEmpty else { throw DatasetError(path, .noRecords) }
    // By bytes, so that the order is the same whatever the language of the system.
    files = found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  public var count: Int { files.count }

  public func record(at position: Int) throws -> JSON.Object? {
    guard files.indices.contains(position) else { return nil }
    let file = files[position]
    let label = file.contains("/") ? file.split(separator: "/").first.map { JSON.string(String($0)) } : nil
    return JSON.Object([("file", .string(file)), ("image", .string("\(name)/\(file)")), ("label", label ?? .null)])
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, hidden ones left out.
  static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  private static func collect(
    _ root: String, _ inside: String, _ visited: inout Set<[UInt64]>, _ found: inout [String]
  ) {
    let folder = root + (inside.isEmpty ? "" : "/" + inside)
    var status = stat()
    // A link may lead back to where it came from: each folder is gone through once.
    guard stat(folder, &status) == 0, visited.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted else {
      return
    }
    for name in names(in: folder).sorted() {
      let path = inside.isEmpty ? name : "\(inside)/\(name)"
      let ending = name.split(separator: ".").dropFirst().last?.lowercased() ?? ""
      if isFolder("\(root)/\(path)") {
        collect(root, path, &visited, &found)
      } else if endings.contains(ending) {
        found.append(path)
      }
    }
  }
}
