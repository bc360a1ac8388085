/// One source line as it is shown: tabs expanded, control characters replaced, cut around the focus when it is long.
struct ShownLine {
  private(set) var text = ""
  /// For each character: its offset in the source, and the column of its first cell.
  private var cells: [(offset: Int, column: Int)] = []
  private var end = 0

  init(_ source: SourceText, line: Int, focus: Span, width: Int) {
    let whole = source.lineSpan(line)
    let span = Self.near(focus, in: whole, of: source)
    var characters: [(offset: Int, text: String, width: Int)] = []
    var offset = span.lower
    var column = 0
    for character in source.text(span) {
      let shown: String
      if character == "\t" {
        shown = String(
          repeating: " ", count: DiagnosticRenderer.tabWidth - column % DiagnosticRenderer.tabWidth)
      } else {
        shown = printable(String(character))
      }
      let cells = DisplayWidth.of(shown)
      characters.append((offset, shown, cells))
      column += cells
      // A byte that is not UTF-8 is shown as U+FFFD, which is longer than what it stands for.
      offset += source.length(of: character, at: offset)
    }
    let range = Self.window(characters.map { ($0.offset, $0.width) }, total: column, focus: focus, width: width)
    if range.lowerBound > 0 || span.lower > whole.lower { append("…", 1, at: nil) }
    for character in characters[range] { append(character.text, character.width, at: character.offset) }
    if range.upperBound < characters.count || span.upper < whole.upper { append("…", 1, at: nil) }
  }

  private mutating func append(_ piece: String, _ width: Int, at offset: Int?) {
    if let offset { cells.append((offset, end)) }
    text += piece
    end += width
  }

  /// What is worth looking at of a line of any length, cut between characters.
  private static func near(_ focus: Span, in line: Span, of source: SourceText) -> Span {
    let reach = 4_096
    func boundary(_ offset: Int) -> Int {
      var offset = offset
      while offset > line.lower, offset < line.upper, source.bytes[offset] & 0xC0 == 0x80 { offset -= 1 }
      return offset
    }
    let lower = focus.lower - line.lower > reach ? boundary(focus.lower - reach) : line.lower
    let upper = line.upper - focus.lower > reach ? boundary(focus.lower + reach) : line.upper
    return Span(lower, max(lower, upper))
  }

  /// The characters to show: all, or about `width` cells with the focus a third from the left.
  private static func window(
    _ characters: [(offset: Int, width: Int)], total: Int, focus: Span, width: Int
  ) -> Range<Int> {
    guard total > width else { return 0..<characters.count }
    let middle = characters.firstIndex { $0.offset >= focus.lower } ?? characters.count
    var lower = middle
    var before = 0
    while lower > 0, before < width / 3 {
      lower -= 1
      before += characters[lower].width
    }
    var upper = middle
    var after = before
    while upper < characters.count, after < width - 2 {
      after += characters[upper].width
      upper += 1
    }
    return lower..<upper
  }

  /// The column, from 0, where the character at a source offset is shown.
  func column(of offset: Int) -> Int {
    var low = 0
    var high = cells.count
    while low < high {
      let middle = (low + high) / 2
      if cells[middle].offset < offset { low = middle + 1 } else { high = middle }
    }
    return low < cells.count ? cells[low].column : end
  }
}

extension SourceText {
  /// A one-based line without its line break.
  public func lineSpan(_ line: Int) -> Span {
    guard line >= 1, line <= lineStarts.count else { return Span(bytes.count, bytes.count) }
    let lower = lineStarts[line - 1]
    var upper = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
    if upper > lower, bytes[upper - 1] == 0x0D { upper -= 1 }
    return Span(lower, upper)
  }

  /// One-based line and column; the column counts characters.
  public func characterPosition(of offset: Int) -> (line: Int, column: Int) {
    let line = position(of: min(max(offset, 0), bytes.count)).line
    let start = lineStarts[line - 1]
    return (line, text(Span(start, offset)).count + 1)
  }

  /// How many bytes a character takes that was decoded at an offset.
  func length(of character: Character, at offset: Int) -> Int {
    var length = 0
    for scalar in character.unicodeScalars {
      let size = UTF8.width(scalar)
      if scalar == "\u{FFFD}", !bytes[min(offset + length, bytes.count)...].starts(with: [0xEF, 0xBF, 0xBD]) {
        length += invalidLength(at: offset + length)
      } else {
        length += size
      }
    }
    return length
  }

  /// How many bytes at an offset the standard library repairs to one U+FFFD.
  private func invalidLength(at offset: Int) -> Int {
    var length = 1
    while length < 3, offset + length < bytes.count, bytes[offset + length] & 0xC0 == 0x80 {
      let text = String(decoding: bytes[offset...(offset + length)], as: UTF8.self)
      if text.unicodeScalars.count > 1 { break }
      length += 1
    }
    return length
  }
}
