import CEditline
import Glibc

/// The terminal on standard input and output.
enum Terminal {
  struct Size: Equatable {
    var rows: Int
    var columns: Int
  }

  /// Makes characters what UTF-8 says, without which libedit edits bytes.
  ///
  /// - Returns: whether the environment asked for it.
  @discardableResult
  static func useUTF8() -> Bool { steer_locale() == 1 }

  /// Of the terminal on `descriptor`; nil where that is none.
  static func size(of descriptor: Int32 = STDOUT_FILENO) -> Size? {
    var rows: CInt = 0
    var columns: CInt = 0
    guard steer_terminal_size(descriptor, &rows, &columns) == 0 else { return nil }
    return Size(rows: Int(rows), columns: Int(columns))
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// A terminal that understands cursor movement on both ends: what the prompt needs.
  static var canEdit: Bool { isTerminal(STDIN_FILENO) && isTerminal(STDOUT_FILENO) && !isDumb }

  static var isDumb: Bool {
    guard let name = environment("TERM") else { return true }
    return name == "dumb" || name.isEmpty
  }

  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
  }

  /// Control sequences and editor output, past the buffer of standard output.
  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { _ = steer_write_terminal($0.baseAddress, $0.count) }
    }
  }

  /// Columns a scalar takes: 0 for combining ones, 2 for wide ones, `^X` for control characters.
  static func columns(of scalar: UnicodeScalar) -> Int {
    if scalar.value >= 0x20 && scalar.value < 0x7F { return 1 }
    let width = steer_columns(wchar_t(truncatingIfNeeded: scalar.value))
    if width >= 0 { return Int(width) }
    return scalar.value < 0x20 || scalar.value == 0x7F ? 2 : 0
  }

  /// Columns of text without control characters.
  static func columns(of text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
  }
}

/// Control sequences the editor writes.
enum Control {
  static let escape = "\u{1B}"
  static let pasteOn = "\u{1B}[?2004h"
  static let pasteOff = "\u{1B}[?2004l"
  static let hideCursor = "\u{1B}[?25l"
  static let showCursor = "\u{1B}[?25h"
  static let saveCursor = "\u{1B}7"
  static let restoreCursor = "\u{1B}8"
  static let clearBelow = "\u{1B}[J"
  static let clearLine = "\r\u{1B}[K"

  static func up(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)A" : "" }
  static func down(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)B" : "" }
  static func right(_ columns: Int) -> String { columns > 0 ? "\u{1B}[\(columns)C" : "" }
}
