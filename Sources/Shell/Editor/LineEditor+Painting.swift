import CEditline

/// Colours over what libedit drew, and drawing again when the screen changed under it.
extension LineEditor {
  private var screen: Terminal.Size { Terminal.size() ?? Terminal.Size(rows: 24, columns: 80) }

  private func layout(of text: [UnicodeScalar]) -> ScreenLayout {
    ScreenLayout(of: text, after: prompt.columns, columns: screen.columns)
  }

  /// Writes the chunk's characters once more where they stand, this time in colour. A chunk taller than the screen,
  /// of which libedit shows a part, stays plain.
  func paint() {
    let (text, cursor) = buffer
    guard isColored, !text.isEmpty else { return }
    let layout = layout(of: text)
    guard layout.end.row + 1 < screen.rows else { return }
    let styles = styles(of: text)
    let place = layout.place(of: cursor)
    var out = Control.hideCursor + Control.saveCursor + Control.up(place.row) + "\r"
    var row = 0
    var column = 0
    var active: Style?
    for (index, scalar) in text.enumerated() where scalar.value >= 0x20 {
      let target = layout.places[index]
      if target.row > row {
        out += Control.down(target.row - row) + "\r"
        (row, column) = (target.row, 0)
      }
      if target.column != column {
        out += "\r" + Control.right(target.column)
        column = target.column
      }
      if styles[index] != active {
        active = styles[index]
        out += active.map { "\u{1B}[0;\($0.parameters)m" } ?? "\u{1B}[0m"
      }
      out.unicodeScalars.append(scalar)
      column += Terminal.columns(of: scalar)
    }
    Terminal.write(out + "\u{1B}[0m" + Control.restoreCursor + Control.showCursor)
  }

  /// The style of each scalar.
  private func styles(of text: [UnicodeScalar]) -> [Style?] {
    var highlights = language.highlights(of: text.string)[...]
    var offset = 0
    return text.map { scalar in
      while let first = highlights.first, first.upper <= offset { highlights.removeFirst() }
      defer { offset += UTF8.width(scalar) }
      guard let first = highlights.first, first.lower <= offset else { return nil }
      return first.style
    }
  }

  /// The cursor to the prompt's first column, everything from there cleared; libedit then draws anew.
  func clear() {
    let (text, cursor) = buffer
    Terminal.write(Control.up(layout(of: text).place(of: cursor).row) + "\r" + Control.clearBelow)
  }

  func redraw() {
    clear()
    _ = steer_editor_refresh(handle)
  }

  /// Writes `text` on lines of its own below the chunk, then the chunk again below that.
  func showBelow(_ text: String) {
    leaveBuffer(showing: "")
    Terminal.write(text)
    _ = steer_editor_refresh(handle)
  }

  /// The cursor to the line after the chunk; `mark` stays behind its last character.
  func leaveBuffer(showing mark: String) {
    let (text, cursor) = buffer
    let layout = layout(of: text)
    let place = layout.place(of: cursor)
    Terminal.write(
      Control.down(layout.end.row - place.row) + "\r" + Control.right(layout.end.column) + mark + "\r\n")
  }

  /// The terminal has reflowed what was on it: as good as one can know, the chunk starts as many rows above.
  func redrawAfterResize() {
    clear()
    steer_editor_resize(handle)
    _ = steer_editor_refresh(handle)
    paint()
  }

  /// After Ctrl-Z and `fg` the terminal is as the shell left it.
  func redrawAfterStop() {
    _ = steer_editor_prepare(handle, 0)
    _ = steer_editor_prepare(handle, 1)
    Terminal.write(Control.pasteOn)
    _ = steer_editor_refresh(handle)
    paint()
  }
}
