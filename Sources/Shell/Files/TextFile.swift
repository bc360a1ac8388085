import Glibc

/// What went wrong with a file, in words.
struct FileError: Error, CustomStringConvertible {
  let path: String
  let action: String
  let reason: String

  init(_ action: String, _ path: String, code: Int32) {
    self.action = action
    self.path = path
    reason = String(cString: strerror(code))
  }

  init(_ action: String, _ path: String, reason: String) {
    self.action = action
    self.path = path
    self.reason = reason
  }

  var description: String { "cannot \(action) \(path): \(reason)" }
}

/// Whole text files, without Foundation: it would cost the start of every session.
enum TextFile {
  /// The file's text.
  static func read(_ path: String) throws(FileError) -> String {
    guard let text = String(validating: try bytes(path), as: UTF8.self) else {
      throw FileError("read", path, reason: "it is not UTF-8 text; convert it, for example with iconv -t utf-8")
    }
    return text
  }

  /// The file's bytes; `-` is standard input.
  static func bytes(_ path: String) throws(FileError) -> [UInt8] {
    if path == "-" { return try bytes(STDIN_FILENO, path: "standard input") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("read", path, code: errno) }
    defer { close(descriptor) }
    return try bytes(descriptor, path: path)
  }

  private static func bytes(_ descriptor: Int32, path: String) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      bytes.reserveCapacity(Int(status.st_size))
    }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError("read", path, code: errno)
      }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }

  /// Puts `text` in place of the file in one step: written beside it, synchronised, renamed.
  static func replace(_ path: String, with text: String) throws(FileError) {
    // A link keeps pointing at the file it points at.
    let target = resolved(path)
    var status = stat()
    let mode = stat(target, &status) == 0 ? status.st_mode & 0o7777 : 0o666 & ~currentMask
    let beside = "\(target).steersh-\(getpid())"
    let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw FileError("write", path, code: errno) }
    var code = write(text, to: descriptor)
    if code == 0 && fchmod(descriptor, mode) != 0 { code = errno }
    if code == 0 && fsync(descriptor) != 0 { code = errno }
    if close(descriptor) != 0 && code == 0 { code = errno }
    if code == 0 && rename(beside, target) != 0 { code = errno }
    guard code == 0 else {
      unlink(beside)
      throw FileError("write", path, code: code)
    }
  }

  /// Adds `line` at the end in a single write, so lines of sessions side by side do not mix.
  static func append(_ line: String, to path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("write", path, code: errno) }
    defer { close(descriptor) }
    let code = write(line, to: descriptor)
    guard code == 0 else { throw FileError("write", path, code: code) }
  }

  /// Makes the folder and those above it, readable by the user alone.
  static func makeFolder(_ path: String) throws(FileError) {
    var status = stat()
    if path.isEmpty || stat(path, &status) == 0 { return }
    try makeFolder(folder(of: path))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("make the folder", path, code: errno) }
  }

  /// The path up to its last slash; empty without one.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
  }

  private static func resolved(_ path: String) -> String {
    guard let full = realpath(path, nil) else { return path }
    defer { free(full) }
    return String(cString: full)
  }

  private static var currentMask: mode_t {
    let mask = umask(0o077)
    umask(mask)
    return mask
  }

  /// 0, or errno.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        guard let base = bytes.baseAddress else { break }
        let count = Glibc.write(descriptor, base + offset, bytes.count - offset)
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        offset += count
      }
      return 0
    }
  }
}
