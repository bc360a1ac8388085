import CEditline
import Glibc

/// The prompt: one chunk, however many lines, is one buffer of libedit, which dispatches keys and draws. What it does
/// badly is done here: history, completion, pasting, colours, signals.
final class LineEditor {
  enum Input: Equatable {
    case chunk(String)
    /// Ctrl-C: the chunk stays on the screen and in this session's history.
    case abandoned
    /// Ctrl-D on an empty chunk, or the terminal went away.
    case end
  }

  let language: any EditingLanguage
  let history: History
  let isColored: Bool
  let handle: OpaquePointer

  /// Forgets a Ctrl-C that has been obeyed. One that comes after a chunk was submitted is for what then runs.
  var clearInterrupts: () -> Void = steer_interrupts_clear

  var keys = KeyReader()
  /// Scalars of an escape sequence on their way to libedit.
  var pending: [UnicodeScalar] = []
  var prompt = Prompt("")
  /// Where Up and Down are in the history, and what was typed before the first of them.
  var recall: Recall?
  /// What the last kill command took, for Ctrl-Y.
  var killed: [UnicodeScalar] = []
  private var ending: Input?

  struct Recall {
    var index: Int
    var draft: String
    var shown: String
  }

  /// - Returns: nil where the terminal cannot be set up.
  init?(language: any EditingLanguage, history: History, colored: Bool) {
    guard let handle = steer_editor_open("steersh") else { return nil }
    self.handle = handle
    self.language = language
    self.history = history
    isColored = colored
    steer_editor_set_context(handle, Unmanaged.passUnretained(self).toOpaque())
    steer_editor_set_prompt(handle) { LineEditor.of($0)?.prompt.bytes }
    steer_editor_set_keys(handle) { handle, scalar in LineEditor.of(handle)?.nextKey(into: scalar) ?? 0 }
    bindKeys()
    Terminal.write(Control.pasteOn)
  }

  deinit {
    Terminal.write(Control.pasteOff)
    steer_editor_close(handle)
  }

  static func of(_ handle: OpaquePointer?) -> LineEditor? {
    guard let handle, let context = steer_editor_context(handle) else { return nil }
    return Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
  }

  /// Edits one chunk. `prompt` is shown before its first line.
  func read(prompt text: String) -> Input {
    prompt = Prompt(isColored ? Style.prompt.paintPrompt(text) : text)
    // libedit shows the prompt before it turns the echo off.
    steer_terminal_busy()
    ending = nil
    recall = nil
    clearInterrupts()
    var length: CInt = 0
    let line = steer_editor_read(handle, &length)
    if let ending { return ending }
    guard let line, length > 0 else { return .end }
    var chunk = String(cString: line)
    if chunk.hasSuffix("\n") { chunk.removeLast() }
    return .chunk(chunk)
  }

  // MARK: The buffer

  /// The chunk and the cursor, counted in scalars.
  var buffer: (text: [UnicodeScalar], cursor: Int) {
    var cursor: CInt = 0
    var length: CInt = 0
    guard let line = steer_editor_line(handle, &cursor, &length) else { return ([], 0) }
    let text = UnsafeBufferPointer(start: line, count: Int(length)).map {
      UnicodeScalar(UInt32(bitPattern: $0)) ?? "\u{FFFD}"
    }
    return (text, Int(cursor))
  }

  func insert(_ text: some Sequence<UnicodeScalar>) { _ = steer_editor_insert(handle, text.wide) }

  /// Makes `text` the chunk, the cursor at `cursor`, at its end without one.
  func replace(with text: String, cursor: Int? = nil) {
    let scalars = Array(text.unicodeScalars)
    // libedit refuses to replace by nothing.
    if scalars.isEmpty { return delete(0..<buffer.text.count) }
    _ = steer_editor_replace(handle, scalars.wide)
    move(to: cursor ?? scalars.count)
  }

  func move(to position: Int) {
    steer_editor_move(handle, CInt(clamping: position - buffer.cursor))
  }

  /// Deletes the scalars of `range`, the cursor left at its start.
  func delete(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    move(to: range.upperBound)
    steer_editor_delete_back(handle, CInt(clamping: range.count))
  }

  // MARK: Keys

  /// libedit's key function: it runs once for each key, after everything drawn has reached the terminal.
  private func nextKey(into scalar: UnsafeMutablePointer<wchar_t>?) -> CInt {
    if pending.isEmpty && steer_key_waits() == 0 { paint() }
    while pending.isEmpty {
      switch keys.next() {
      case .keys(let scalars): pending = scalars
      case .paste: pending = Array(KeyReader.pasteBegin.unicodeScalars)
      case .resize: redrawAfterResize()
      case .stop: stop()
      case .resume: redrawAfterStop()
      case .end:
        ending = .end
        return 0
      case .interrupt:
        abandon()
        return -1
      }
    }
    scalar?.pointee = wchar_t(truncatingIfNeeded: pending.removeFirst().value)
    return 1
  }

  private func abandon() {
    clearInterrupts()
    let text = buffer.text.string
    if text.contains(where: { !$0.isWhitespace }) { history.append(text, keeping: false) }
    leaveBuffer(showing: "^C")
    ending = .abandoned
  }

  /// Ctrl-Z: to the shell that started us. Where there is none the signal does nothing, and we go on.
  private func stop() {
    leaveBuffer(showing: "^Z")
    raise(SIGTSTP)
  }

  /// Ends the edit from inside a command.
  func finish(_ input: Input) { ending = input }
}

extension Sequence<UnicodeScalar> {
  var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: self)
    return String(view)
  }

  /// Zero-terminated, as libedit takes it.
  var wide: [wchar_t] { map { wchar_t(truncatingIfNeeded: $0.value) } + [0] }
}

/// The prompt's text where libedit's callback finds it, and its width.
final class Prompt {
  let bytes: UnsafeMutablePointer<CChar>?
  let columns: Int

  /// - Parameter text: escape sequences stand between two `\u{1}`.
  init(_ text: String) {
    bytes = strdup(text)
    var columns = 0
    var isLiteral = false
    for scalar in text.unicodeScalars {
      if scalar.value == 1 { isLiteral.toggle() } else if !isLiteral { columns += Terminal.columns(of: scalar) }
    }
    self.columns = columns
  }

  deinit { free(bytes) }
}
