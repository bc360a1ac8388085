import Glibc
import Testing

/// A program on a terminal of its own, typed to and looked at as a user would.
final class PseudoTerminal {
  private let master: Int32
  private let process: pid_t
  private(set) var screen: Screen
  /// Everything the program wrote.
  private(set) var output: [UInt8] = []
  private var status: Int32?
  /// Kept for as long as the program may use it.
  private let owner: AnyObject

  /// How long to wait for anything: enough for a loaded machine, and only spent when a test fails.
  static let patience = Duration.seconds(30)

  struct Failure: Error, CustomStringConvertible { let description: String }

  init(
    _ program: String, _ arguments: [String], environment: [String: String], folder: String, rows: Int = 24,
    columns: Int = 80, owner: AnyObject
  ) throws {
    self.owner = owner
    screen = Screen(rows: rows, columns: columns)
    // What posix_openpt, unlockpt and ptsname do, which Glibc's module does not have.
    master = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var unlocked: Int32 = 0
    var number: Int32 = 0
    guard master >= 0, ioctl(master, 0x4004_5431, &unlocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
      throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
    }
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    process = try Spawn.start(
      program, arguments, environment: environment, folder: folder, terminal: "/dev/pts/\(number)")
  }

  deinit {
    if status == nil {
      kill(process, SIGKILL)
      var ignored: Int32 = 0
      waitpid(process, &ignored, 0)
    }
    close(master)
  }

  // MARK: Typing

  func type(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Again and again: signals that arrive together count as one.
  func type(_ text: String, untilItShows wanted: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let clock = ContinuousClock()
    let limit = clock.now + Self.patience
    while !screen.text.replacing("\n", with: "").contains(wanted) {
      type(text)
      guard clock.now < limit, receive(milliseconds: 200) else {
        Issue.record("waited in vain for `\(wanted)`; the screen shows\n\(screen.text)", sourceLocation: sourceLocation)
        throw Failure(description: "no \(wanted)")
      }
    }
  }

  func enter(_ text: String) { type(text + "\r") }

  func paste(_ text: String) { type("\u{1B}[200~\(text)\u{1B}[201~") }

  func resize(rows: Int, columns: Int) {
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    screen.resize(rows: rows, columns: columns)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Whether the terminal echoes, takes whole lines and makes signals of keys.
  var modes: [Bool] {
    var modes = termios()
    guard tcgetattr(master, &modes) == 0 else { return [] }
    return [ECHO, ICANON, ISIG].map { modes.c_lflag & tcflag_t($0) != 0 }
  }

  /// Whether Ctrl-C is a signal, as it is while something runs, and not a key.
  var makesSignals: Bool { modes.last == true }

  func signal(_ number: Int32) { kill(process, number) }

  // MARK: Looking

  /// Waits until the screen is as `isThere` wants it.
  func wait(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, until isThere: (Screen) -> Bool
  ) throws {
    let clock = ContinuousClock()
    let limit = clock.now + Self.patience
    while !isThere(screen) {
      guard clock.now < limit, receive(milliseconds: 100) else {
        Issue.record("waited in vain for \(what); the screen shows\n\(screen.text)", sourceLocation: sourceLocation)
        throw Failure(description: "no \(what)")
      }
    }
  }

  func wait(for text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try wait("`\(text)`", sourceLocation: sourceLocation) { $0.text.contains(text) }
  }

  /// Waits for the end of the program and tells its status; 128 and the signal where one ended it.
  ///
  /// - Parameter text: typed again and again until then.
  func finish(typing text: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws -> Int32 {
    if let status { return status }
    let clock = ContinuousClock()
    let limit = clock.now + Self.patience
    while receive(milliseconds: 100) {
      if !text.isEmpty { type(text) }
      guard clock.now < limit else {
        Issue.record("the program does not end; the screen shows\n\(screen.text)", sourceLocation: sourceLocation)
        throw Failure(description: "no end")
      }
    }
    var raw: Int32 = 0
    waitpid(process, &raw, 0)
    let code = Spawn.code(of: raw)
    status = code
    return code
  }

  /// Takes what the program has written; false when it has ended.
  private func receive(milliseconds: Int32) -> Bool {
    var input = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, milliseconds) > 0 else { return true }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = read(master, &chunk, chunk.count)
    guard count > 0 else { return false }
    output.append(contentsOf: chunk[..<count])
    screen.feed(chunk[..<count])
    return true
  }
}
