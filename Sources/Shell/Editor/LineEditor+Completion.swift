import CEditline

/// Tab: as much as all candidates share, and then the list of them.
extension LineEditor {
  func complete() -> Outcome {
    let (text, cursor) = buffer
    let before = text[..<cursor].string
    let completions = language.completions(of: text.string, at: before.utf8.count)
    guard let first = completions.candidates.first, completions.start <= before.utf8.count else { return .beep }
    let typed = String(decoding: Array(before.utf8)[completions.start...], as: UTF8.self)
    if completions.candidates.count == 1 {
      let suffix = text[cursor...].string.hasPrefix(first.suffix) ? "" : first.suffix
      guard first.text + suffix != typed else { return .beep }
      replaceBeforeCursor(typed, with: first.text + suffix)
      return .changed
    }
    let shared = completions.candidates.dropFirst().reduce(first.text) { Self.commonPrefix($0, $1.text) }
    if shared.unicodeScalars.count > typed.unicodeScalars.count {
      replaceBeforeCursor(typed, with: shared)
      return .changed
    }
    showBelow(list(completions.candidates.map(\.text)))
    return .unchanged
  }

  private func replaceBeforeCursor(_ typed: String, with text: String) {
    steer_editor_delete_back(handle, CInt(clamping: typed.unicodeScalars.count))
    insert(text.unicodeScalars)
  }

  private static func commonPrefix(_ a: String, _ b: String) -> String {
    zip(a.unicodeScalars, b.unicodeScalars).prefix { $0 == $1 }.map(\.0).string
  }

  /// In columns read downwards, no more than fit on half the screen.
  private func list(_ names: [String]) -> String {
    let size = Terminal.size() ?? Terminal.Size(rows: 24, columns: 80)
    let width = (names.map { Terminal.columns(of: $0) }.max() ?? 0) + 2
    let columns = max(1, size.columns / width)
    let limit = max(1, size.rows / 2) * columns
    let shown = names.prefix(limit)
    let rows = (shown.count + columns - 1) / columns
    var text = ""
    for row in 0..<rows {
      var line = ""
      for index in stride(from: row, to: shown.count, by: rows) {
        line += shown[index] + String(repeating: " ", count: width - Terminal.columns(of: shown[index]))
      }
      while line.last == " " { line.removeLast() }
      text += line + "\r\n"
    }
    let rest = names.count - shown.count
    return rest > 0 ? text + "… and \(rest) more\r\n" : text
  }
}
