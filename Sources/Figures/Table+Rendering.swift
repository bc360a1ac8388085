extension Table {
  /// How much of a table is shown.
  public struct Limits: Sendable {
    /// Rows shown before "… 12 more rows".
    public var rows: Int
    /// Cells of width a text column may take.
    public var columnWidth: Int
    /// Significant digits of floating-point numbers.
    public var digits: Int

    public init(rows: Int = 20, columnWidth: Int = 40, digits: Int = 4) {
      self.rows = max(rows, 0)
      self.columnWidth = max(columnWidth, 4)
      self.digits = min(max(digits, 1), 17)
    }
  }

  /// The table as lines for a terminal, without a newline at the end. Numbers stand right with their points in line,
  /// text stands left. What does not fit is left out and named: long text is cut, middle columns and late rows dropped.
  public func rendered(on terminal: Terminal, limits: Limits = Limits()) -> String {
    guard !columns.isEmpty else {
      return terminal.dimmed(rowCount == 1 ? "1 row without columns" : "\(rowCount) rows without columns")
    }
    let rows = min(rowCount, limits.rows)
    var drawn = columns.map { DrawnColumn($0, rows: rows, limits: limits, terminal: terminal) }
    shrink(&drawn, to: terminal)
    let dropped = dropMiddle(&drawn, to: terminal)

    let gap = "  "
    func line(_ pieces: [String]) -> String { pieces.joined(separator: gap).withoutTrailingSpaces }
    var lines = [line(drawn.map { terminal.painted($0.header(terminal), foreground: 75, bold: true) })]
    lines.append(
      terminal.dimmed(
        line(drawn.map { String(repeating: terminal.unicode ? "─" : "-", count: $0.width) })))
    for row in 0..<rows { lines.append(line(drawn.map { $0.cell(row, terminal) })) }
    if rowCount == 0 { lines.append(terminal.dimmed("no rows")) }
    if rowCount > rows {
      let more = rowCount - rows
      lines.append(terminal.dimmed("\(terminal.ellipsis) \(more) more \(more == 1 ? "row" : "rows")"))
    }
    if !dropped.isEmpty {
      let names = dropped.map { $0.printable(unicode: terminal.unicode) }.joined(separator: ", ")
      let note = "\(terminal.ellipsis) \(dropped.count) more \(dropped.count == 1 ? "column" : "columns"): \(names)"
      lines.append(terminal.dimmed(note.truncated(to: terminal.width, ellipsis: terminal.ellipsis)))
    }
    return lines.joined(separator: "\n")
  }

  private func total(_ drawn: [DrawnColumn]) -> Int { drawn.reduce(-2) { $0 + $1.width + 2 } }

  /// Takes width from the widest text columns, down to 12 cells each, while the table is too wide.
  private func shrink(_ drawn: inout [DrawnColumn], to terminal: Terminal) {
    var excess = total(drawn) - terminal.width
    while excess > 0 {
      let shrinkable = drawn.indices.filter { drawn[$0].isText && drawn[$0].width > 12 }
      guard let widest = shrinkable.max(by: { drawn[$0].width < drawn[$1].width }) else { return }
      drawn[widest].width -= 1
      excess -= 1
    }
  }

  /// Replaces as many middle columns as needed by one column of ellipses; returns their names.
  private func dropMiddle(_ drawn: inout [DrawnColumn], to terminal: Terminal) -> [String] {
    guard total(drawn) > terminal.width else { return [] }
    guard drawn.count > 1 else {
      drawn[0].width = terminal.width
      return []
    }
    let mark = DrawnColumn(ellipsis: terminal.ellipsis)
    var left = 0
    var right = 0
    var used = mark.width
    // From the outside in, left first: the first column usually names the row, the last ones are usually the results.
    while left + right < drawn.count {
      let next = left <= right ? left : drawn.count - 1 - right
      guard used + drawn[next].width + 2 <= terminal.width else { break }
      used += drawn[next].width + 2
      if left <= right { left += 1 } else { right += 1 }
    }
    let names = columns[left..<(columns.count - right)].map(\.name)
    drawn.replaceSubrange(left..<(drawn.count - right), with: [mark])
    return names
  }
}

/// A column made ready to print: its texts, and the width it takes.
private struct DrawnColumn {
  private let name: String
  private let texts: [String]
  private let missing: [Bool]
  private let alignment: Alignment
  let isText: Bool
  var width: Int

  init(_ column: Column, rows: Int, limits: Table.Limits, terminal: Terminal) {
    let cells = column.cells.prefix(rows)
    let numerals = NumeralColumn(
      cells.lazy.compactMap { if case .float(let value) = $0 { value } else { nil } }, digits: limits.digits)
    name = column.name.printable(unicode: terminal.unicode)
    texts = cells.map { cell in
      switch cell {
      case .missing: terminal.unicode ? "—" : "-"
      case .string(let text): text.printable(unicode: terminal.unicode)
      case .float(let value): numerals.text(value)
      case .int, .bool: cell.text
      }
    }
    missing = cells.map { $0 == .missing }
    alignment = column.isNumeric ? .right : .left
    isText = column.kind == .string
    let natural = max(name.displayWidth, texts.reduce(0) { max($0, $1.displayWidth) })
    width = max(1, isText ? min(natural, limits.columnWidth) : natural)
  }

  /// The column that stands for those left out.
  init(ellipsis: String) {
    name = ellipsis
    texts = []
    missing = []
    alignment = .left
    isText = false
    width = ellipsis.displayWidth
  }

  func header(_ terminal: Terminal) -> String { placed(name, terminal) }

  func cell(_ row: Int, _ terminal: Terminal) -> String {
    guard texts.indices.contains(row) else { return name }
    let text = placed(texts[row], terminal)
    return missing[row] ? terminal.dimmed(text) : text
  }

  private func placed(_ text: String, _ terminal: Terminal) -> String {
    text.truncated(to: width, ellipsis: terminal.ellipsis).padded(to: width, alignment)
  }
}
