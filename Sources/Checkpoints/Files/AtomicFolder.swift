import Glibc

/// Writes a folder of files so that a reader sees all of it or nothing.
///
/// The files are made in a hidden folder beside the destination. A destination that is not there yet gets its name in
/// one step. In one that is there each file replaces its like-named one in one step; other files in it stay.
public enum AtomicFolder {
  /// - Parameters:
  ///   - last: the file that is moved last into a folder that is there already.
  ///   - body: writes the files; it is given where each one goes.
  /// - Throws: `FileProblem.unwritable` with the system's reason; whatever `body` throws. Nothing is left behind.
  public static func write(
    to path: String, last: String, _ body: (_ path: (String) -> String) throws -> Void
  ) throws {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let isThere = try isFolder(path)
    let hidden = AtomicFile.hiddenName(beside: path)
    guard mkdir(hidden, 0o777) == 0 else { throw AtomicFile.unwritable(path, errno) }
    do {
      try body { "\(hidden)/\($0)" }
      if isThere {
        try moveFiles(from: hidden, to: path, last: last)
      } else if rename(hidden, path) != 0 {
        throw AtomicFile.unwritable(path, errno)
      }
    } catch {
      remove(hidden)
      throw error
    }
    if isThere { remove(hidden) }
    AtomicFile.syncFolder(of: path)
  }

  private static func isFolder(_ path: String) throws -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw AtomicFile.unwritable(path, ENOTDIR) }
    return true
  }

  private static func moveFiles(from hidden: String, to path: String, last: String) throws {
    let files = try FileSource(folder: hidden).files
    for file in files.filter({ $0 != last }) + files.filter({ $0 == last }) {
      guard rename("\(hidden)/\(file)", "\(path)/\(file)") == 0 else {
        throw AtomicFile.unwritable("\(path)/\(file)", errno)
      }
    }
  }

  private static func remove(_ hidden: String) {
    for file in (try? FileSource(folder: hidden).files) ?? [] { unlink("\(hidden)/\(file)") }
    rmdir(hidden)
  }
}
