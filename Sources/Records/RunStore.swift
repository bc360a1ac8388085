import GRDB
import Glibc

/// The runs that are kept: an SQLite file `runs.sqlite` in a folder, or a database in memory that ends with the process.
///
/// Processes may use one file at once. Writers wait for each other, for ten seconds at most; readers wait for nobody (WAL).
public final class RunStore {
  /// Of the file; a word for a database in memory.
  public let path: String
  let queue: DatabaseQueue

  static let fileName = "runs.sqlite"
  static let patience = 10.0

  /// Runs that end with the process.
  public init() throws {
    path = "the runs of this session"
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    queue = try DatabaseQueue(configuration: configuration)
    try RunSchema.migrator.migrate(queue)
  }

  /// Opens the file in `folder`, which is made if it is not there, and brings it to this version's tables.
  ///
  /// - Parameter migrator: for tests.
  /// - Throws: `RunError`. A file that is damaged or of a newer version is not touched.
  public convenience init(folder: String) throws(RunError) {
    try self.init(folder: folder, migrator: RunSchema.migrator)
  }

  init(folder: String, migrator: DatabaseMigrator) throws(RunError) {
    let path = Self.path(in: folder)
    self.path = path
    do {
      try Self.makeFolder(folder)
      // Making and changing tables is for one process at a time. SQLite's own lock does not cover the change to WAL.
      let lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      if lock >= 0 { flock(lock, LOCK_EX) }
      defer { if lock >= 0 { close(lock) } }
      queue = try Self.patiently { try DatabaseQueue(path: path, configuration: Self.configuration) }
      try Self.migrate(queue, migrator, path)
    } catch {
      throw RunError(error, path: path)
    }
  }

  /// What is kept in `folder`, to be read; nil where nothing was kept yet.
  ///
  /// A file in a folder that cannot be written is read all the same.
  public static func reading(folder: String) throws(RunError) -> RunStore? {
    let path = path(in: folder)
    guard access(path, F_OK) == 0 else {
      if errno == ENOENT { return nil }
      throw .unusable(path: path, reason: String(cString: strerror(errno)))
    }
    if access(path, W_OK) == 0, access(folder, W_OK) == 0 { return try RunStore(folder: folder) }
    return try RunStore(unwritable: path)
  }

  /// - Parameter path: of a file that stands still.
  init(unwritable path: String) throws(RunError) {
    self.path = path
    var configuration = Configuration()
    configuration.readonly = true
    do {
      // Without write access there is no shared memory for WAL; nobody else can write either, so the file stands still.
      let escaped = path.utf8.map { byte in
        (UInt8(ascii: "/")...UInt8(ascii: "9")).contains(byte) || (byte | 0x20) >= UInt8(ascii: "a") && byte < 0x7B
          ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
      queue = try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
      let isWhole = try queue.read { db in
        if try RunSchema.migrator.hasBeenSuperseded(db) { throw RunError.newer(path: path) }
        return try RunSchema.migrator.hasCompletedMigrations(db)
      }
      guard isWhole else {
        throw RunError.unusable(
          path: path, reason: "it is of an older version, and cannot be written to change that")
      }
    } catch {
      throw RunError(error, path: path)
    }
  }

  static func path(in folder: String) -> String { folder.hasSuffix("/") ? folder + fileName : "\(folder)/\(fileName)" }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(patience)
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { db in
      // With WAL a killed process loses nothing; a power cut may lose the last records, never the file.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    return configuration
  }

  private static func migrate(_ queue: DatabaseQueue, _ migrator: DatabaseMigrator, _ path: String) throws {
    let isWhole = try queue.read { db in
      if try migrator.hasBeenSuperseded(db) { throw RunError.newer(path: path) }
      return try migrator.hasCompletedMigrations(db)
    }
    if !isWhole { try migrator.migrate(queue) }
  }

  /// Tries again while the file is locked: some of SQLite's steps do not wait by themselves.
  private static func patiently<T>(_ body: () throws -> T) throws -> T {
    var waited = 0.0
    while true {
      do {
        return try body()
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && waited < patience {
        usleep(20_000)
        waited += 0.02
      }
    }
  }

  private static func makeFolder(_ folder: String) throws {
    var status = stat()
    if stat(folder, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw RunError.unusable(path: folder, reason: "it is not a folder")
      }
      return
    }
    if let slash = folder.lastIndex(of: "/"), slash != folder.startIndex { try makeFolder(String(folder[..<slash])) }
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
      throw RunError.unusable(path: folder, reason: String(cString: strerror(errno)))
    }
  }

  /// The user's folder for runs: `$XDG_DATA_HOME/steersh`, else `~/.local/share/steersh`; nil without a home.
  public static var defaultFolder: String? {
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    if let data = variable("XDG_DATA_HOME"), data.hasPrefix("/") { return "\(data)/steersh" }
    guard let home = variable("HOME"), !home.isEmpty else { return nil }
    return "\(home)/.local/share/steersh"
  }
}
