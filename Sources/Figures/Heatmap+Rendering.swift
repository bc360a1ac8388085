extension Heatmap {
  /// The heatmap as lines for a terminal: coloured cells where colour is on, else shades, with the numbers inside
  /// wherever they have room. A matrix larger than the window is averaged down, and a note says how far.
  public func rendered(on terminal: Terminal) -> String {
    let frame = Frame(terminal: terminal)
    var lines = frame.head(title: title, legend: [], y: y)
    guard let range, !rows.isEmpty else {
      lines.append(frame.note(rows.joined().isEmpty ? "no data" : "no data: no value is finite"))
      return lines.joined(separator: "\n")
    }

    let labels = yTicks.map { frame.text($0).truncated(to: terminal.width / 3, ellipsis: terminal.ellipsis) }
    let labelWidth = labels.reduce(0) { max($0, $1.displayWidth) }
    let room = max(terminal.width - labelWidth - 1, 4)
    let height = max(terminal.height - 2 - lines.count - 2 - (x.isEmpty ? 0 : 1), 3)
    let fit = (rows: (rows.count + height - 1) / height, columns: (xTicks.count + room - 1) / room)
    let isReduced = fit.rows > 1 || fit.columns > 1
    // The note takes a line of its own.
    let block = isReduced ? (rows: (rows.count + height - 2) / max(height - 1, 1), columns: fit.columns) : fit
    let values = isReduced ? Heatmap.averaged(rows, block: block) : rows

    let numerals = NumeralColumn(values.joined(), digits: 3)
    let numberWidth = values.joined().reduce(0) { max($0, numerals.text($1).count) }
    let columns = values.first?.count ?? 0
    let showsNumbers = !isReduced && columns * (numberWidth + 2) <= room
    let ticks = xTicks.map { frame.text($0).truncated(to: 12, ellipsis: terminal.ellipsis) }
    let tickWidth = isReduced ? 1 : ticks.reduce(1) { max($0, $1.displayWidth) }
    let wanted = showsNumbers ? max(numberWidth + 2, tickWidth + 1) : max(tickWidth + 1, 2)
    let cellWidth = max(min(wanted, room / max(columns, 1)), 1)
    let cells = CellPainter(
      low: range.low, high: range.high, isDiverging: center != nil, width: cellWidth,
      numerals: showsNumbers ? numerals : nil,
      terminal: terminal)

    for (index, row) in values.enumerated() {
      let label = labels[min(index * block.rows, labels.count - 1)]
      lines.append((label.padded(to: labelWidth, .right) + " " + row.map(cells.text).joined()).withoutTrailingSpaces)
    }
    lines.append(tickLine(ticks, every: block.columns, cellWidth: cellWidth, labelWidth: labelWidth, columns: columns))
    if !x.isEmpty {
      let name = frame.text(x).truncated(to: terminal.width, ellipsis: terminal.ellipsis)
      let start = max(labelWidth + 1 + (cellWidth * columns - name.displayWidth) / 2, 0)
      lines.append(
        String(repeating: " ", count: min(start, max(terminal.width - name.displayWidth, 0))) + name)
    }
    lines.append(cells.legend)
    if isReduced {
      let by = terminal.unicode ? "×" : "by"
      lines.append(
        frame.note("means of \(block.rows) \(by) \(block.columns) values of \(rows.count) \(by) \(xTicks.count)"))
    }
    return lines.joined(separator: "\n")
  }

  /// Labels of the columns, centred under them: all, or every second, fifth, tenth …, so that they stay apart.
  private func tickLine(_ ticks: [String], every step: Int, cellWidth: Int, labelWidth: Int, columns: Int) -> String {
    let places = stride(from: 0, to: ticks.count, by: max(step, 1)).prefix(columns).enumerated().map {
      column, position in
      let tick = ticks[position]
      return (start: column * cellWidth + max((cellWidth - tick.displayWidth) / 2, 0), tick: tick)
    }
    func line(every step: Int) -> String? {
      var line = ""
      var used = -1
      for index in stride(from: 0, to: places.count, by: step) {
        let (start, tick) = places[index]
        guard start > used else { return nil }
        line += String(repeating: " ", count: start - max(used, 0)) + tick
        used = start + tick.displayWidth
      }
      // A label too long for the last column would stand out of the field; then only the first is shown, if any fits.
      return used <= max(columns * cellWidth, 1) ? line : nil
    }
    let steps = [1, 2, 5, 10, 20, 50, 100, max(places.count, 1)]
    return String(repeating: " ", count: labelWidth + 1) + (steps.lazy.compactMap(line).first ?? "")
  }

  /// Means of the finite values in blocks of so many rows and columns.
  static func averaged(_ rows: [[Double]], block: (rows: Int, columns: Int)) -> [[Double]] {
    let width = rows.first?.count ?? 0
    return stride(from: 0, to: rows.count, by: block.rows).map { top in
      stride(from: 0, to: width, by: block.columns).map { left in
        var sum = 0.0
        var count = 0.0
        for row in rows[top..<min(top + block.rows, rows.count)] {
          for value in row[left..<min(left + block.columns, width)] where value.isFinite {
            sum += value
            count += 1
          }
        }
        return count == 0 ? .nan : sum / count
      }
    }
  }
}

/// Draws one cell of a heatmap.
private struct CellPainter {
  let low: Double
  let high: Double
  let isDiverging: Bool
  let width: Int
  /// How numbers are written in the cells, or nil where they have no room.
  let numerals: NumeralColumn?
  let terminal: Terminal

  private var colors: [Int] { isDiverging ? Palette.diverging : Palette.ramp }

  private func fraction(_ value: Double) -> Double {
    let span = high / 2 - low / 2
    return span > 0 ? (value / 2 - low / 2) / span : 0.5
  }

  func text(_ value: Double) -> String {
    guard value.isFinite else {
      return terminal.dimmed((numerals?.text(value) ?? "?").padded(to: width, numerals == nil ? .left : .center))
    }
    let part = fraction(value)
    if terminal.color {
      let background = Palette.color(part, of: colors)
      let number = numerals.map { $0.text(value) + " " } ?? ""
      return terminal.painted(
        number.padded(to: width, .right), foreground: Palette.ink(on: background), background: background)
    }
    if let numerals { return (numerals.text(value) + " ").padded(to: width, .right) }
    let shades = Palette.shades(unicode: terminal.unicode)
    return String(repeating: shades[Palette.index(part, count: shades.count)], count: width)
  }

  /// The scale from the least value to the greatest.
  var legend: String {
    let ends = [low, high].map { Numerals.general($0, digits: 3) }
    let bar: String
    if terminal.color {
      let step = terminal.width < 60 ? " " : "  "
      bar = colors.map { terminal.painted(step, background: $0) }.joined()
    } else if numerals != nil {
      return terminal.dimmed("least \(ends[0]), greatest \(ends[1])")
    } else {
      bar = Palette.shades(unicode: terminal.unicode).map { String(repeating: $0, count: 3) }.joined()
    }
    let text = "\(ends[0]) \(terminal.unicode ? "▕" : "[")\(bar)\(terminal.unicode ? "▏" : "]") \(ends[1])"
    // A window too narrow for the bar still says what its ends are.
    return text.withoutEscapes.displayWidth <= terminal.width
      ? text : "\(ends[0]) .. \(ends[1])".truncated(to: terminal.width, ellipsis: terminal.ellipsis)
  }
}
