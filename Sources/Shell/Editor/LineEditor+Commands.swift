import CEditline

/// What the keys do.
extension LineEditor {
  private typealias Command = @convention(c) (OpaquePointer?, CInt) -> UInt8

  /// Ways to reach libedit's own commands, which can be called by key only: sequences no terminal sends.
  private enum Inner: String, CaseIterable {
    case submit = "\u{1B}[9901~"
    case lineUp = "\u{1B}[9902~"
    case lineDown = "\u{1B}[9903~"

    var command: String {
      switch self {
      case .submit: "ed-newline"
      case .lineUp: "ed-prev-line"
      case .lineDown: "ed-next-line"
      }
    }
  }

  private static let commands: [(name: String, keys: [String], run: Command)] = [
    ("steer-enter", ["^M", "^J"], { editor, _ in run(editor) { $0.enter() } }),
    ("steer-newline", ["\\e^M", "\\e^J"], { editor, _ in run(editor) { $0.breakLine() } }),
    ("steer-up", ["\\e[A", "\\eOA", "^P"], { editor, _ in run(editor) { $0.vertical(-1) } }),
    ("steer-down", ["\\e[B", "\\eOB", "^N"], { editor, _ in run(editor) { $0.vertical(1) } }),
    ("steer-home", ["\\e[H", "\\eOH", "\\e[1~", "\\e[7~", "^A"], { editor, _ in run(editor) { $0.toLineStart() } }),
    ("steer-end", ["\\e[F", "\\eOF", "\\e[4~", "\\e[8~", "^E"], { editor, _ in run(editor) { $0.toLineEnd() } }),
    ("steer-first", ["\\e<"], { editor, _ in run(editor) { $0.go(to: 0) } }),
    ("steer-last", ["\\e>"], { editor, _ in run(editor) { $0.go(to: .max) } }),
    ("steer-left", ["\\e[D", "\\eOD", "^B"], { editor, _ in run(editor) { $0.step(-1) } }),
    ("steer-right", ["\\e[C", "\\eOC", "^F"], { editor, _ in run(editor) { $0.step(1) } }),
    ("steer-word-left", ["\\e[1;5D", "\\e[1;3D", "\\eb"], { editor, _ in run(editor) { $0.go(to: $0.wordStart) } }),
    ("steer-word-right", ["\\e[1;5C", "\\e[1;3C", "\\ef"], { editor, _ in run(editor) { $0.go(to: $0.wordEnd) } }),
    ("steer-delete", ["\\e[3~"], { editor, _ in run(editor) { $0.deleteForward() } }),
    ("steer-delete-or-leave", ["^D"], { editor, _ in run(editor) { $0.deleteOrLeave() } }),
    ("steer-erase", ["^H", "^?"], { editor, _ in run(editor) { $0.erase() } }),
    ("steer-kill-end", ["^K"], { editor, _ in run(editor) { $0.killToLineEnd() } }),
    ("steer-kill-start", ["^U"], { editor, _ in run(editor) { $0.killToLineStart() } }),
    (
      "steer-kill-word", ["^W", "\\e^H", "\\e^?"],
      { editor, _ in run(editor) { $0.kill($0.wordStart..<$0.buffer.cursor) } }
    ),
    ("steer-kill-next", ["\\ed"], { editor, _ in run(editor) { $0.kill($0.buffer.cursor..<$0.wordEnd) } }),
    ("steer-yank", ["^Y"], { editor, _ in run(editor) { $0.yank() } }),
    ("steer-close", [")", "]", "}"], { editor, key in run(editor) { $0.close(with: key) } }),
    ("steer-complete", ["^I"], { editor, _ in run(editor) { $0.complete() } }),
    ("steer-search", ["^R"], { editor, _ in run(editor) { $0.search() } }),
    ("steer-paste", ["\\e[200~"], { editor, _ in run(editor) { $0.paste() } }),
  ]

  /// What libedit is told after a command.
  enum Outcome {
    case unchanged, changed, beep, end

    var code: UInt8 {
      switch self {
      case .unchanged: UInt8(STEER_NORMAL)
      case .changed: UInt8(STEER_REFRESH)
      case .beep: UInt8(STEER_BEEP)
      case .end: UInt8(STEER_END_OF_FILE)
      }
    }
  }

  private static func run(_ handle: OpaquePointer?, _ command: (LineEditor) -> Outcome) -> UInt8 {
    (of(handle).map(command) ?? .unchanged).code
  }

  func bindKeys() {
    for (name, keys, command) in Self.commands {
      _ = steer_editor_add_command(handle, name, command)
      for key in keys {
        _ = steer_editor_bind(handle, key, name)
        if key.hasPrefix("\\e[") || key.hasPrefix("\\eO") { self.keys.bound.insert("\u{1B}" + key.dropFirst(2)) }
      }
    }
    for inner in Inner.allCases {
      _ = steer_editor_bind(handle, "\\e" + inner.rawValue.dropFirst(), inner.command)
    }
  }

  private func push(_ inner: Inner) -> Outcome {
    steer_editor_push(handle, inner.rawValue)
    return .unchanged
  }

  // MARK: Lines

  func enter() -> Outcome {
    guard language.isComplete(buffer.text.string) else { return breakLine() }
    return submit()
  }

  func submit() -> Outcome {
    paint()
    return push(.submit)
  }

  func breakLine() -> Outcome {
    let (text, cursor) = buffer
    let indent = language.indent(after: text[..<cursor].string)
    insert("\n".unicodeScalars)
    insert(String(repeating: " ", count: indent).unicodeScalars)
    return .changed
  }

  /// A bracket that closes a block goes back to the column of the line that opened it.
  private func close(with key: CInt) -> Outcome {
    let (text, cursor) = buffer
    let start = lineStart
    if start > 0 && start < cursor && text[start..<cursor].allSatisfy({ $0 == " " }) {
      steer_editor_delete_back(handle, CInt(clamping: min(cursor - start, 2)))
    }
    if let scalar = UnicodeScalar(UInt32(bitPattern: key)) { insert([scalar]) }
    return .changed
  }

  private func paste() -> Outcome {
    insert(keys.pasted())
    return .changed
  }

  // MARK: Moving

  private var lineStart: Int {
    let (text, cursor) = buffer
    return text[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0
  }

  private var lineEnd: Int {
    let (text, cursor) = buffer
    return text[cursor...].firstIndex(of: "\n") ?? text.count
  }

  private var wordStart: Int {
    var (text, cursor) = buffer
    while cursor > 0 && !text[cursor - 1].isWord { cursor -= 1 }
    while cursor > 0 && text[cursor - 1].isWord { cursor -= 1 }
    return cursor
  }

  private var wordEnd: Int {
    var (text, cursor) = buffer
    while cursor < text.count && !text[cursor].isWord { cursor += 1 }
    while cursor < text.count && text[cursor].isWord { cursor += 1 }
    return cursor
  }

  private func go(to position: Int) -> Outcome {
    move(to: min(position, buffer.text.count))
    return .changed
  }

  private func toLineStart() -> Outcome { go(to: lineStart) }
  private func toLineEnd() -> Outcome { go(to: lineEnd) }

  /// One character back or forth, with the combining scalars that belong to it.
  private func step(_ direction: Int) -> Outcome {
    let target = neighbour(direction)
    return target == buffer.cursor ? .beep : go(to: target)
  }

  private func neighbour(_ direction: Int) -> Int {
    let (text, cursor) = buffer
    var target = cursor + direction
    while target > 0 && target < text.count && text[target] != "\n" && Terminal.columns(of: text[target]) == 0 {
      target += direction
    }
    return min(max(target, 0), text.count)
  }

  /// Within the chunk by line; past its first and last line through the history, where what was typed is a prefix.
  private func vertical(_ direction: Int) -> Outcome {
    let (text, cursor) = buffer
    let isInside = direction < 0 ? text[..<cursor].contains("\n") : text[cursor...].contains("\n")
    let shown = text.string
    let isRecalling = recall?.shown == shown
    if isInside && !isRecalling { return push(direction < 0 ? .lineUp : .lineDown) }
    let entries = history.entries
    var state =
      isRecalling
      ? recall ?? Recall(index: entries.count, draft: shown, shown: shown)
      : Recall(index: entries.count, draft: shown, shown: shown)
    var index = state.index + direction
    while entries.indices.contains(index) && !(entries[index].hasPrefix(state.draft) && entries[index] != shown) {
      index += direction
    }
    guard index >= 0, index <= entries.count else { return .beep }
    state.index = index
    state.shown = index == entries.count ? state.draft : entries[index]
    recall = state
    replace(with: state.shown)
    return .changed
  }

  // MARK: Deleting

  private func deleteForward() -> Outcome {
    let cursor = buffer.cursor
    let target = neighbour(1)
    guard target > cursor else { return .beep }
    delete(cursor..<target)
    return .changed
  }

  private func deleteOrLeave() -> Outcome {
    guard buffer.text.isEmpty else { return deleteForward() }
    finish(.end)
    return .end
  }

  private func erase() -> Outcome {
    let (_, cursor) = buffer
    guard cursor > 0 else { return .beep }
    steer_editor_delete_back(handle, 1)
    return .changed
  }

  private func kill(_ range: Range<Int>) -> Outcome {
    guard !range.isEmpty else { return .beep }
    killed = Array(buffer.text[range])
    delete(range)
    return .changed
  }

  /// At the end of a line, the line break.
  private func killToLineEnd() -> Outcome {
    let (text, cursor) = buffer
    let end = lineEnd
    return kill(cursor..<(end == cursor ? min(end + 1, text.count) : end))
  }

  private func killToLineStart() -> Outcome { kill(lineStart..<buffer.cursor) }

  private func yank() -> Outcome {
    guard !killed.isEmpty else { return .beep }
    insert(killed)
    return .changed
  }
}

extension UnicodeScalar {
  fileprivate var isWord: Bool { self == "_" || properties.isAlphabetic || properties.numericType != nil }
}
