import Glibc

/// A file that appears under its name only when it is complete: written beside it, synced, renamed.
struct AtomicFile: ~Copyable {
  let descriptor: Int32
  private let temporary: String
  private let path: String
  private var isOpen = true

  /// Opens a fresh file beside `path`, which the close-on-exec flag keeps from other programs.
  init(for path: String) throws(FigureError) {
    var folder = "."
    if let slash = path.lastIndex(of: "/") { folder = slash == path.startIndex ? "/" : String(path[..<slash]) }
    // Not mkstemp: its files are the owner's alone, where a saved figure follows the user's mask like any other file.
    let temporary = "\(folder)/.steersh-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .file(path: path, action: "write into \(folder)", code: errno) }
    self.descriptor = descriptor
    self.temporary = temporary
    self.path = path
  }

  /// Gives the file its name.
  consuming func commit() throws(FigureError) {
    guard fsync(descriptor) == 0 else { throw .file(path: path, action: "write", code: errno) }
    guard rename(temporary, path) == 0 else { throw .file(path: path, action: "write", code: errno) }
    isOpen = false
    close(descriptor)
  }

  deinit {
    if isOpen {
      close(descriptor)
      unlink(temporary)
    }
  }

  static func write(_ text: String, to path: String) throws(FigureError) {
    let file = try AtomicFile(for: path)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file.descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .file(path: path, action: "write", code: errno)
      }
      rest = rest.dropFirst(count)
    }
    try file.commit()
  }
}
