/// What all drawings in a terminal share: a title, a legend, a field with axes, and notes.
struct Frame {
  let terminal: Terminal

  /// Lines above the field.
  func head(title: String, legend: [String], y: String) -> [String] {
    var lines: [String] = []
    if !title.isEmpty {
      let shown = text(title).truncated(to: terminal.width, ellipsis: terminal.ellipsis)
      let indent = String(repeating: " ", count: (terminal.width - shown.displayWidth) / 2)
      lines.append(indent + terminal.painted(shown, bold: true))
    }
    if !legend.isEmpty { lines.append(contentsOf: wrapped(legend)) }
    if !y.isEmpty { lines.append(text(y).truncated(to: terminal.width, ellipsis: terminal.ellipsis)) }
    return lines
  }

  /// The key of one series: its mark in its colour, and its name.
  func key(_ index: Int, name: String, mark: Character) -> String {
    let shown = name.isEmpty ? "series \(index + 1)" : text(name)
    return terminal.painted(String(mark), foreground: Palette.terminalColor(index)) + " "
      + shown.truncated(to: max(terminal.width / 2, 8), ellipsis: terminal.ellipsis)
  }

  /// A field of rows between a y axis with labels and an x axis with labels.
  ///
  /// - Parameters:
  ///   - rows: as many lines as the field is high.
  ///   - width: cells of each row.
  ///   - labelWidth: cells for the labels of y.
  ///   - columns: the cell over each tick of x.
  func field(
    _ rows: [String], width: Int, labelWidth: Int, y: Scale, x: Scale, columns: [Int], name: String
  ) -> [String] {
    let (tick, bar, corner, dash, mark) =
      terminal.unicode ? ("┤", "│", "└", "─", "┬") : ("+", "|", "+", "-", "+")
    var labels: [Int: String] = [:]
    for (value, label) in zip(y.ticks, y.labels) {
      labels[Int(((1 - y.fraction(value)) * Double(rows.count - 1)).rounded())] = label
    }
    var lines = rows.enumerated().map { index, row in
      (labels[index] ?? "").padded(to: labelWidth, .right) + " " + (labels[index] == nil ? bar : tick) + row
    }
    var axis = Array(repeating: dash, count: width)
    var below = Array(repeating: Character(" "), count: labelWidth + 2 + width)
    var free = 0
    for (column, label) in zip(columns, x.labels) where axis.indices.contains(column) {
      axis[column] = mark
      let start = min(max(labelWidth + 2 + column - label.count / 2, 0), max(below.count - label.count, 0))
      guard start >= free, start + label.count <= below.count else { continue }
      for (offset, character) in label.enumerated() { below[start + offset] = character }
      free = start + label.count + 2
    }
    let margin = String(repeating: " ", count: labelWidth + 1)
    lines.append(margin + corner + axis.joined())
    lines.append(String(below))
    if !name.isEmpty {
      let shown = text(name).truncated(to: terminal.width, ellipsis: terminal.ellipsis)
      let start = max(0, min(labelWidth + 2 + (width - shown.displayWidth) / 2, terminal.width - shown.displayWidth))
      lines.append(String(repeating: " ", count: start) + shown)
    }
    return lines.map(\.withoutTrailingSpaces)
  }

  func note(_ words: String) -> String {
    terminal.dimmed(words.truncated(to: terminal.width, ellipsis: terminal.ellipsis))
  }

  func text(_ words: String) -> String { words.printable(unicode: terminal.unicode) }

  private func wrapped(_ keys: [String]) -> [String] {
    var lines: [String] = []
    var used = 0
    for key in keys {
      let width = key.withoutEscapes.displayWidth
      if !lines.isEmpty, used + width + 3 <= terminal.width {
        lines[lines.count - 1] += "   " + key
        used += width + 3
      } else {
        lines.append(key)
        used = width
      }
    }
    return lines
  }
}

extension String {
  var withoutTrailingSpaces: String {
    var rest = self[...]
    while rest.last == " " { rest = rest.dropLast() }
    return String(rest)
  }

  /// The text without colour sequences.
  var withoutEscapes: String {
    var result = ""
    var isEscape = false
    for scalar in unicodeScalars {
      if scalar == "\u{1B}" {
        isEscape = true
      } else if isEscape {
        if scalar == "m" { isEscape = false }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
