import Interpreter

/// Writes values so that they fit the screen.
struct ValuePrinter {
  /// What is shown where there is no terminal, so that the same script prints the same.
  static let plain = Terminal.Size(rows: 60, columns: 100)

  private let size: Terminal.Size
  private let isColored: Bool

  /// - Parameter screen: nil for output that goes to a file or a pipe.
  init(screen: Terminal.Size?, colored: Bool) {
    size = screen ?? Self.plain
    isColored = colored
  }

  /// The value's full form, cut to what leaves the prompt before it in sight.
  func text(of value: Value) -> String {
    let limit = max(5, size.rows - 4)
    let text = value.rendered(RenderingStyle(.full, width: size.columns, colored: isColored))
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let rows = lines.map { screenRows(of: $0) }
    var used = 0
    var kept = 0
    while kept < lines.count && used + rows[kept] <= limit {
      used += rows[kept]
      kept += 1
    }
    guard kept < lines.count else { return text }
    let rest = lines.count - kept
    guard kept > 0 else { return cut(lines[0], limit: limit) }
    lines.removeSubrange(kept...)
    return lines.joined(separator: "\n") + "\n"
      + dim("… \(rest) more line\(rest == 1 ? "" : "s"); print shows everything")
  }

  /// Screen rows a line takes; colours take none.
  private func screenRows(of line: String) -> Int {
    max(1, (Terminal.columns(of: uncolored(line)) + size.columns - 1) / size.columns)
  }

  /// The start of a line that alone is too long.
  private func cut(_ line: String, limit: Int) -> String {
    let plain = uncolored(line)
    var columns = 0
    let start = plain.prefix { character in
      columns += Terminal.columns(of: String(character))
      return columns <= (limit - 1) * size.columns
    }
    return start + "\n" + dim("… \(plain.count - start.count) more characters; print shows everything")
  }

  private func uncolored(_ line: String) -> String {
    guard line.utf8.contains(0x1B) else { return line }
    var result = ""
    var isSequence = false
    for scalar in line.unicodeScalars {
      if scalar == "\u{1B}" {
        isSequence = true
      } else if isSequence {
        isSequence = !scalar.properties.isAlphabetic
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private func dim(_ text: String) -> String { Style.dim.paint(text, colored: isColored) }
}
