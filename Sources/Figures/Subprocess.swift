import Glibc

/// A program that is fed through a socket, writes to a given file, and whose complaints are collected.
struct Subprocess {
  private let process: pid_t
  /// Our end of the socket that is both the program's standard input and its standard error. A socket and not a pair
  /// of pipes: MSG_NOSIGNAL spares us SIGPIPE when the program ends before it has read everything.
  private let socket: Int32

  init(executable: String, arguments: [String], output: Int32, for path: String) throws(FigureError) {
    var ends: [Int32] = [-1, -1]
    let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, stream, 0, &ends) == 0 else {
      throw .file(path: path, action: "start gnuplot", code: errno)
    }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)

    // Its own process group, so that Ctrl-C reaches us alone and we stop it in order.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

    var argv: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, executable, &actions, &attributes, &argv, environ)
    guard code == 0 else {
      close(ends[0])
      throw code == ENOENT ? .gnuplotMissing : .file(path: path, action: "start gnuplot", code: code)
    }
    self.process = process
    socket = ends[0]
  }

  /// Feeds the program and waits for its end.
  ///
  /// - Returns: its exit status, or 128 and the signal that ended it, and what it wrote to standard error.
  consuming func run(
    input: [UInt8], timeout: Double, interrupted: () -> Bool, for path: String
  ) throws(FigureError) -> (status: Int32, message: String) {
    var rest = input[...]
    var complaints: [UInt8] = []
    let deadline = Self.now() + timeout
    defer { close(socket) }
    while true {
      if interrupted() {
        stop()
        throw .interrupted(path: path)
      }
      guard Self.now() < deadline else {
        stop()
        throw .gnuplotTimeout(path: path, seconds: timeout)
      }
      let events = POLLIN | (rest.isEmpty ? 0 : POLLOUT)
      var watched = pollfd(fd: socket, events: Int16(events), revents: 0)
      guard poll(&watched, 1, 100) > 0 else { continue }
      if Int32(watched.revents) & POLLOUT != 0, !rest.isEmpty {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, flags) }
        if sent >= 0 {
          rest = rest.dropFirst(sent)
        } else if errno != EINTR, errno != EAGAIN {
          // It stopped reading: it has ended, or will say why; either shows below.
          rest = []
        }
        if rest.isEmpty { shutdown(socket, Int32(SHUT_WR)) }
      }
      if Int32(watched.revents) & (POLLIN | POLLHUP | POLLERR) != 0 {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(socket, &buffer, buffer.count)
        if count > 0, complaints.count < 65_536 { complaints += buffer[..<count] }
        // End of file, or a reset because it ended with input unread: either way nothing more will come.
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
    }
    return (Self.wait(for: process), Self.summary(of: complaints))
  }

  private func stop() {
    kill(process, SIGKILL)
    _ = Self.wait(for: process)
  }

  private static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      if errno != EINTR { return -1 }
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// Seconds on a clock that nobody sets.
  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The lines of a complaint without the empty ones and the caret under the script's line.
  private static func summary(of bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      .filter { !$0.allSatisfy { $0 == " " || $0 == "^" } }
      .joined(separator: "; ").printable(unicode: true)
  }
}
