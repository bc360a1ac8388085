import Glibc

/// The bytes of one file, read-only: mapped from disk, held in memory, or embedded in the program.
///
/// The bytes live as long as this object, and tensors made from it keep it alive. A file that another program
/// shortens while it is mapped takes this process down: programs that save models write beside and rename.
public final class FileBytes: @unchecked Sendable {
  /// The file as the user knows it, for errors.
  public let name: String
  public let count: Int
  private let start: UnsafeRawPointer?

  private enum Holder {
    case mapping, allocation, program
    case part(of: FileBytes)
  }
  private let holder: Holder

  /// Maps the file at `path`.
  /// - Parameter expected: what this file should be, for the error when it is not there: `a PNG, JPEG, WebP or GIF image`.
  public init(path: String, expected: String = "a file") throws {
    name = path
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      guard code == ENOENT || code == ENOTDIR else {
        throw CheckpointError(path, .file(.unreadable(reason: systemMessage(code))))
      }
      throw CheckpointError(path, .file(.missingFile(expected: expected, present: [])))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CheckpointError(path, .file(.unreadable(reason: systemMessage(errno))))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(path, .file(.notRegular(expected: expected)))
    }
    count = Int(status.st_size)
    guard count > 0 else {
      (start, holder) = (nil, .program)
      return
    }
    guard let mapping = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), mapping != MAP_FAILED else {
      throw CheckpointError(path, .file(.unreadable(reason: systemMessage(errno))))
    }
    (start, holder) = (UnsafeRawPointer(mapping), .mapping)
  }

  /// Bytes that live as long as the program.
  public init(embedded bytes: UnsafeRawBufferPointer, name: String) {
    self.name = name
    count = bytes.count
    (start, holder) = (bytes.baseAddress, .program)
  }

  /// A copy of `content`.
  public init(_ content: some Collection<UInt8>, name: String) {
    self.name = name
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(content.count, 1), alignment: 64)
    copy.copyBytes(from: content)
    count = content.count
    (start, holder) = (UnsafeRawPointer(copy.baseAddress), .allocation)
  }

  /// Bytes that `fill` writes, all of them.
  public init(count: Int, name: String, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    do { try fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])) } catch {
      bytes.deallocate()
      throw error
    }
    self.name = name
    self.count = count
    (start, holder) = (UnsafeRawPointer(bytes.baseAddress), .allocation)
  }

  /// Some of the bytes of another file, such as a member of an archive, where they lie.
  public init(part range: Range<Int>, of file: FileBytes, name: String) {
    self.name = name
    count = range.count
    (start, holder) = (file.start.map { $0 + range.lowerBound }, .part(of: file))
  }

  deinit {
    let start = UnsafeMutableRawPointer(mutating: start)
    switch holder {
    case .mapping: munmap(start, count)
    case .allocation: start?.deallocate()
    case .program, .part: break
    }
  }

  /// The bytes, valid until `body` returns.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: start, count: count)) }
  }

  /// Brings the whole file into memory now, in one call instead of a page fault every 4 KiB.
  ///
  /// Advice only: where the kernel cannot (before Linux 5.14), pages arrive as they are touched.
  public func prefetch() {
    guard case .mapping = holder else { return }
    let populateRead: Int32 = 22  // MADV_POPULATE_READ, which this libc's headers do not name yet
    madvise(UnsafeMutableRawPointer(mutating: start), count, populateRead)
  }
}

/// The system's words for an errno value.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
