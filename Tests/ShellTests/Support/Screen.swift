/// What a terminal would show: as much of an xterm as libedit and the shell use.
struct Screen {
  struct Cell: Equatable {
    var text = " "
    /// Parameters of the colours it was written with; empty for none.
    var style = ""
    /// The right half of a wide character.
    var isTail = false
  }

  private(set) var rows: Int
  private(set) var columns: Int
  private(set) var cells: [[Cell]]
  /// Lines that left at the top.
  private(set) var scrolled: [[Cell]] = []
  private(set) var row = 0
  private(set) var column = 0
  private(set) var bells = 0
  private(set) var modes: Set<String> = []
  private var wraps = false
  private var style = ""
  private var saved = (row: 0, column: 0)
  private var pending: [UInt8] = []

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    cells = Array(repeating: Array(repeating: Cell(), count: columns), count: rows)
  }

  /// The lines as text, blanks at their ends dropped.
  var lines: [String] { cells.map(Self.text) }
  /// With what has scrolled off, from the first line on.
  var text: String { (scrolled.map(Self.text) + lines).joined(separator: "\n") }

  private static func text(_ cells: [Cell]) -> String {
    var line = cells.filter { !$0.isTail }.map(\.text).joined()
    while line.last == " " { line.removeLast() }
    return line
  }

  /// The style in which `text` stands on the screen; nil where it does not, or stands in several.
  func style(of text: String) -> String? {
    for line in cells + scrolled {
      let visible = line.filter { !$0.isTail }
      let characters = text.map(String.init)
      guard visible.count >= characters.count else { continue }
      for start in 0...(visible.count - characters.count) {
        let part = visible[start..<(start + characters.count)]
        guard part.map(\.text) == characters else { continue }
        let styles = Set(part.map(\.style))
        return styles.count == 1 ? styles.first : nil
      }
    }
    return nil
  }

  /// As xterm does it: nothing reflows, and what does not fit leaves at the top while the cursor's line stays.
  mutating func resize(rows: Int, columns: Int) {
    while row >= rows {
      scrolled.append(cells.removeFirst())
      row -= 1
    }
    cells = (0..<rows).map { row in
      (0..<columns).map { column in
        self.cells.indices.contains(row) && self.cells[row].indices.contains(column) ? self.cells[row][column] : Cell()
      }
    }
    self.rows = rows
    self.columns = columns
    column = min(column, columns - 1)
    wraps = false
  }

  mutating func feed(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    while let used = consume() { pending.removeFirst(used) }
  }

  /// Carries out what stands first in `pending` and says how long it was; nil when more must come.
  private mutating func consume() -> Int? {
    guard let first = pending.first else { return nil }
    switch first {
    case 0x1B: return escape()
    case 0x0D: (column, wraps) = (0, false)
    case 0x0A: lineFeed()
    case 0x08: (column, wraps) = (max(0, column - 1), false)
    case 0x09: (column, wraps) = (min(columns - 1, (column / 8 + 1) * 8), false)
    case 0x07: bells += 1
    case 0..<0x20, 0x7F: break
    default:
      let count = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      guard pending.count >= count else { return nil }
      for scalar in String(decoding: pending[..<count], as: UTF8.self).unicodeScalars { put(scalar) }
      return count
    }
    return 1
  }

  private mutating func put(_ scalar: UnicodeScalar) {
    let width = Self.width(scalar)
    if width == 0 {
      let target = wraps ? column : max(0, column - 1)
      cells[row][target].text.unicodeScalars.append(scalar)
      return
    }
    if wraps || column + width > columns {
      column = 0
      lineFeed()
    }
    cells[row][column] = Cell(text: String(scalar), style: style)
    if width == 2 { cells[row][column + 1] = Cell(text: "", style: style, isTail: true) }
    column += width
    wraps = column >= columns
    if wraps { column = columns - 1 }
  }

  private static func width(_ scalar: UnicodeScalar) -> Int {
    if scalar.properties.generalCategory == .nonspacingMark || scalar.value == 0x200D { return 0 }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60, 0x1F300...0x1FAFF:
      return 2
    default: return 1
    }
  }

  private mutating func lineFeed() {
    wraps = false
    if row < rows - 1 {
      row += 1
    } else {
      scrolled.append(cells.removeFirst())
      cells.append(Array(repeating: Cell(), count: columns))
    }
  }

  private mutating func escape() -> Int? {
    guard pending.count > 1 else { return nil }
    switch pending[1] {
    case UInt8(ascii: "7"): saved = (row, column)
    case UInt8(ascii: "8"): (row, column, wraps) = (saved.row, saved.column, false)
    case UInt8(ascii: "("): return pending.count > 2 ? 3 : nil
    case UInt8(ascii: "["):
      guard let end = pending.dropFirst(2).firstIndex(where: { $0 >= 0x40 }) else { return nil }
      control(String(decoding: pending[2..<end], as: UTF8.self), Character(UnicodeScalar(pending[end])))
      return end + 1
    default: break
    }
    return 2
  }

  private mutating func control(_ parameters: String, _ final: Character) {
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    let count = max(1, numbers.first ?? 1)
    if final != "m" { wraps = false }
    switch final {
    case "A": row = max(0, row - count)
    case "B": row = min(rows - 1, row + count)
    case "C": column = min(columns - 1, column + count)
    case "D": column = max(0, column - count)
    case "G": column = min(columns - 1, count - 1)
    case "d": row = min(rows - 1, count - 1)
    case "H":
      row = min(rows - 1, count - 1)
      column = min(columns - 1, max(1, numbers.count > 1 ? numbers[1] : 1) - 1)
    case "J":
      switch numbers.first ?? 0 {
      case 0:
        clear(row, from: column, to: columns)
        for below in (row + 1)..<max(rows, row + 1) { clear(below, from: 0, to: columns) }
      default: for any in 0..<rows { clear(any, from: 0, to: columns) }
      }
    case "K":
      switch numbers.first ?? 0 {
      case 0: clear(row, from: column, to: columns)
      case 1: clear(row, from: 0, to: column + 1)
      default: clear(row, from: 0, to: columns)
      }
    case "X": clear(row, from: column, to: min(columns, column + count))
    case "P":
      cells[row].removeSubrange(column..<min(columns, column + count))
      cells[row] += Array(repeating: Cell(), count: columns - cells[row].count)
    case "@":
      cells[row].insert(contentsOf: Array(repeating: Cell(), count: count), at: column)
      cells[row].removeLast(cells[row].count - columns)
    case "h": modes.insert(parameters)
    case "l": modes.remove(parameters)
    case "m": style = parameters == "0" ? "" : parameters.hasPrefix("0;") ? String(parameters.dropFirst(2)) : parameters
    default: break
    }
  }

  private mutating func clear(_ row: Int, from start: Int, to end: Int) {
    for column in start..<max(start, end) { cells[row][column] = Cell() }
  }
}
