import CEditline
import Dispatch
import Glibc
import Synchronization

/// Standard output and standard error, and the progress line that must not get between them.
///
/// Output is kept back until a line ends on a terminal, and elsewhere in larger pieces, for half a second at most: who follows a
/// file or a pipe sees what a long script has come to.
final class Console: Sendable {
  /// Exit status where nobody reads any more, as if SIGPIPE had ended the process.
  static let brokenPipe: Int32 = 141

  let isOutputTerminal: Bool
  let isErrorTerminal: Bool
  private let state: Mutex<State>

  private struct State {
    var held: [UInt8] = []
    /// Whether somebody will send what is held.
    var isDue = false
    /// What stands on the last line of the terminal, to be wiped before anything else is written.
    var progress = ""
  }

  private static let capacity = 1 << 16
  private static let patience = DispatchTimeInterval.milliseconds(500)

  init() {
    isOutputTerminal = Terminal.isTerminal(STDOUT_FILENO)
    isErrorTerminal = Terminal.isTerminal(STDERR_FILENO)
    var state = State()
    state.held.reserveCapacity(Self.capacity)
    self.state = Mutex(state)
  }

  /// To standard output.
  func write(_ text: String) {
    state.withLock { state in
      wipeProgress(&state)
      state.held.append(contentsOf: text.utf8)
      if state.held.count >= Self.capacity || isOutputTerminal && state.held.contains(0x0A) {
        flush(&state)
      } else if !isOutputTerminal, !state.isDue, !state.held.isEmpty {
        state.isDue = true
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [self] in sendWhatIsHeld() }
      }
    }
  }

  private func sendWhatIsHeld() {
    state.withLock { state in
      state.isDue = false
      flush(&state)
    }
  }

  /// To standard error, behind all that was written to standard output before.
  func report(_ text: String) {
    state.withLock { state in
      wipeProgress(&state)
      flush(&state)
      send(Array(text.utf8), to: STDERR_FILENO)
    }
  }

  /// Shows `line` as the progress line, in place of the one before; an empty one removes it.
  func showProgress(_ line: String) {
    guard isErrorTerminal else { return }
    state.withLock { state in
      guard state.progress != line else { return }
      flush(&state)
      send(Array((Control.clearLine + line).utf8), to: STDERR_FILENO)
      state.progress = line
    }
  }

  func flush() {
    state.withLock { state in
      wipeProgress(&state)
      flush(&state)
    }
  }

  private func wipeProgress(_ state: inout State) {
    guard !state.progress.isEmpty else { return }
    send(Array(Control.clearLine.utf8), to: STDERR_FILENO)
    state.progress = ""
  }

  private func flush(_ state: inout State) {
    guard !state.held.isEmpty else { return }
    send(state.held, to: STDOUT_FILENO)
    state.held.removeAll(keepingCapacity: true)
  }

  private func send(_ bytes: [UInt8], to descriptor: Int32) {
    let code = steer_write(descriptor, bytes, bytes.count)
    guard code != 0 else { return }
    steer_terminal_restore()
    if code == EPIPE { _exit(Self.brokenPipe) }
    // Only standard output is worth a word: where standard error fails there is nobody to tell.
    if descriptor == STDOUT_FILENO {
      let words = Array("steersh: cannot write standard output: \(String(cString: strerror(code)))\n".utf8)
      steer_write(STDERR_FILENO, words, words.count)
      _exit(1)
    }
  }
}
