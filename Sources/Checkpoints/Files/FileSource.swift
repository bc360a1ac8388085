import Glibc

/// A named collection of read-only files: a folder on disk, or one compiled into the program.
public struct FileSource: Sendable {
  /// The collection as the user knows it: the folder's path or the embedded collection's name.
  public let name: String
  private let place: Place

  private enum Place: Sendable {
    case folder
    case embedded([String: FileBytes])
  }

  /// The folder at `path`, which must exist.
  /// - Parameter expected: what the folder should be, for the error when it is not there.
  public init(folder path: String, expected: String = "a folder with a model's files") throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      guard code == ENOENT || code == ENOTDIR else {
        throw CheckpointError(path, .file(.unreadable(reason: systemMessage(code))))
      }
      throw CheckpointError(path, .file(.missingFolder(expected: expected)))
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw CheckpointError(path, .file(.notFolder(expected: expected)))
    }
    name = path
    place = .folder
  }

  /// Files whose bytes live as long as the program.
  public init(name: String, embedded: [String: UnsafeRawBufferPointer]) {
    self.name = name
    place = .embedded(
      Dictionary(
        uniqueKeysWithValues: embedded.map { file, bytes in
          (file, FileBytes(embedded: bytes, name: "\(name)/\(file)"))
        }))
  }

  /// Files that are in memory already.
  public init(name: String, files: [String: FileBytes]) {
    self.name = name
    place = .embedded(files)
  }

  /// Whether this is compiled into the program rather than a folder that can be written to.
  public var isEmbedded: Bool {
    if case .embedded = place { true } else { false }
  }

  /// How a file of this collection is called in errors and messages.
  public func path(of file: String) -> String { name.hasSuffix("/") ? name + file : "\(name)/\(file)" }

  public func contains(_ file: String) -> Bool {
    switch place {
    case .folder: staysInside(file) && access(path(of: file), F_OK) == 0
    case .embedded(let files): files[file] != nil
    }
  }

  /// The names of the files, sorted; those of sub-folders are left out.
  public var files: [String] {
    switch place {
    case .folder:
      guard let folder = opendir(name) else { return [] }
      defer { closedir(folder) }
      var found: [String] = []
      while let entry = readdir(folder) {
        let file = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        var status = stat()
        if stat(path(of: file), &status) == 0, status.st_mode & S_IFMT == S_IFREG { found.append(file) }
      }
      return found.sorted()
    case .embedded(let files): return files.keys.sorted()
    }
  }

  /// The bytes of one file.
  /// - Parameter expected: what this file should be, for the error when it is not there.
  public func bytes(of file: String, expected: String = "one of the model's files") throws -> FileBytes {
    guard staysInside(file) else { throw CheckpointError(name, .file(.outside(name: file))) }
    switch place {
    case .folder:
      do { return try FileBytes(path: path(of: file), expected: expected) } catch let error as CheckpointError {
        if case .file(.missingFile) = error.problem { throw missing(file, expected) }
        throw error
      }
    case .embedded(let files):
      guard let bytes = files[file] else { throw missing(file, expected) }
      return bytes
    }
  }

  /// A folder inside this one.
  /// - Parameter expected: what the folder should be, for the error when it is not there.
  public func folder(_ folder: String, expected: String = "a folder with a model's files") throws -> FileSource {
    guard staysInside(folder) else { throw CheckpointError(name, .file(.outside(name: folder))) }
    let path = path(of: folder)
    switch place {
    case .folder: return try FileSource(folder: path, expected: expected)
    case .embedded(let files):
      let inside = files.filter { $0.key.hasPrefix(folder + "/") }
      guard !inside.isEmpty else { throw CheckpointError(path, .file(.missingFolder(expected: expected))) }
      return FileSource(
        name: path,
        files: Dictionary(uniqueKeysWithValues: inside.map { (String($0.key.dropFirst(folder.count + 1)), $0.value) }))
    }
  }

  private func missing(_ file: String, _ expected: String) -> CheckpointError {
    CheckpointError(path(of: file), .file(.missingFile(expected: expected, present: files)))
  }

  /// Names come out of files that other people made, so they are not trusted to stay in the folder.
  private func staysInside(_ file: String) -> Bool {
    !file.isEmpty && !file.hasPrefix("/") && !file.utf8.contains(0)
      && !file.split(separator: "/", omittingEmptySubsequences: false).contains("..")
  }
}
