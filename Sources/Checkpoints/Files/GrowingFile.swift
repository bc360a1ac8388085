import Glibc

/// A file that grows piece by piece, each piece on the disk before the next one is made. Only one writer at a time has it.
public final class GrowingFile {
  public let path: String
  private let descriptor: Int32
  /// Whether the file was not there before.
  public let isNew: Bool

  /// Opens the file for appending, or makes an empty one.
  ///
  /// - Throws: `FileProblem.cannotGrow` with the system's reason, `.notRegular`, `.inUse` while another process has it.
  public init(path: String) throws {
    self.path = path
    var status = stat()
    isNew = stat(path, &status) != 0
    let opened = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o666)
    descriptor = opened
    guard opened >= 0 else { throw CheckpointError(path, .file(.cannotGrow(reason: systemMessage(errno)))) }
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(path, .file(.notRegular(expected: "a file to append to")))
    }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else { throw CheckpointError(path, .file(.inUse)) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// All that is in the file.
  public func bytes() throws -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var read = 0
    while read < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress.map { $0 + read }, buffer.count - read, off_t(read))
      }
      if count > 0 { read += count } else if count == 0 || errno != EINTR { throw failure() }
    }
    return bytes
  }

  /// Cuts off what follows the first `count` bytes.
  public func truncate(to count: Int) throws {
    guard ftruncate(descriptor, off_t(count)) == 0, fsync(descriptor) == 0 else { throw failure() }
  }

  /// Appends, and returns when it is on the disk.
  public func append(_ bytes: some Collection<UInt8>) throws {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw failure() }
    }
    guard fsync(descriptor) == 0 else { throw failure() }
  }

  /// Removes the file's name.
  public func remove() { unlink(path) }

  private func failure() -> CheckpointError {
    CheckpointError(path, .file(.cannotGrow(reason: systemMessage(errno))))
  }
}
