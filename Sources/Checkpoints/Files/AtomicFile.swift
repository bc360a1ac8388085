import Glibc

/// Writes files so that a reader sees the old content or the new, never half of it.
///
/// The bytes go to a hidden file beside the destination, reach the disk, and then take the destination's name. When
/// anything fails, the hidden file is removed and the destination is what it was.
public enum AtomicFile {
  /// Writes what `body` produces to `path`, replacing a file that is there.
  /// - Throws: `FileProblem.unwritable` with the system's reason; whatever `body` throws.
  public static func write(to path: String, _ body: (inout Writer) throws -> Void) throws {
    let destination = resolvingLinks(path)
    let temporary = hiddenName(beside: destination)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    var writer = Writer(descriptor: descriptor, path: path)
    do {
      var status = stat()
      if stat(destination, &status) == 0 {
        guard status.st_mode & S_IFMT == S_IFREG else { throw unwritable(path, EISDIR) }
        // A new name would get past a file that its owner has made read-only.
        guard access(destination, W_OK) == 0 else { throw unwritable(path, errno) }
        fchmod(descriptor, status.st_mode & 0o7777)
      }
      try body(&writer)
      try writer.flush()
      guard fsync(descriptor) == 0 else { throw unwritable(path, errno) }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, destination) == 0 else {
      let code = errno
      unlink(temporary)
      throw unwritable(path, code)
    }
    syncFolder(of: destination)
  }

  public static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
    try write(to: path) { try $0.write(bytes) }
  }

  public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// Where the bytes of a file go; collects small pieces into larger writes.
  public struct Writer {
    private let descriptor: Int32
    private let path: String
    private var pending: [UInt8] = []
    private static let capacity = 1 << 16

    fileprivate init(descriptor: Int32, path: String) {
      self.descriptor = descriptor
      self.path = path
      pending.reserveCapacity(Self.capacity)
    }

    public mutating func write(_ bytes: some Collection<UInt8>) throws {
      if bytes.count <= Self.capacity - pending.count { return pending.append(contentsOf: bytes) }
      try flush()
      let written: Void? = try bytes.withContiguousStorageIfAvailable { try send(UnsafeRawBufferPointer($0)) }
      if written == nil { try Array(bytes).withUnsafeBytes { try send($0) } }
    }

    fileprivate mutating func flush() throws {
      try pending.withUnsafeBytes { try send($0) }
      pending.removeAll(keepingCapacity: true)
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws {
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
        if count > 0 {
          sent += count
        } else if count == 0 || errno != EINTR {
          throw unwritable(path, count == 0 ? ENOSPC : errno)
        }
      }
    }
  }

  static func unwritable(_ path: String, _ code: Int32) -> CheckpointError {
    CheckpointError(path, .file(.unwritable(reason: systemMessage(code))))
  }

  /// A link stays a link: what it points at is replaced.
  private static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func hiddenName(beside path: String) -> String {
    "\(folder(of: path))/.steersh-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
  }

  /// Makes the new name survive a power cut. Some file systems cannot; the file itself is complete then, too.
  static func syncFolder(of path: String) {
    let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
