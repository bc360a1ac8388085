extension Plot {
  /// Columns of blocks, an eighth of a line fine, over an axis of values.
  func lines(_ histogram: Histogram, in frame: Frame) -> [String] {
    let terminal = frame.terminal
    var lines = frame.head(title: title, legend: [], y: y)
    let notes = histogram.leftOut > 0 ? ["\(histogram.leftOut) values not finite, left out"] : []
    guard !histogram.counts.isEmpty else { return lines + [frame.note("no data")] + notes.map(frame.note) }

    let height = fieldHeight(terminal, head: lines.count, notes: notes.count)
    let yScale = Scale(
      histogram.counts.map(Double.init), count: max(height / 3, 2), rounded: true, including: 0)
    let labelWidth = yScale.labels.reduce(0) { max($0, $1.count) }
    let room = max(terminal.width - labelWidth - 2, 10)
    let group = (histogram.counts.count + room - 1) / room
    let bins = histogram.grouped(by: group)
    let columnWidth = room / bins.count
    let width = columnWidth * bins.count
    let top = Double(height - 1)

    var rows: [String] = []
    for row in 0..<height {
      // The line of a tick is the top of the column that reaches it: the axis is the bottom of the lowest line.
      let cells = bins.map { count -> String in
        let eighths = Int((yScale.fraction(Double(count)) * top * 8).rounded()) + (count > 0 ? 4 : 0)
        let here = eighths - (height - 1 - row) * 8
        return String(repeating: block(here, unicode: terminal.unicode), count: columnWidth)
      }
      rows.append(terminal.painted(cells.joined(), foreground: Palette.terminalColor(0)))
    }
    // The last column may stand for more ranges than are left; the axis goes as far as the columns do.
    let edges = [histogram.low, histogram.edge(bins.count * group)]
    let xScale = Scale(edges, count: max(width / 12, 2), rounded: false)
    lines += frame.field(
      rows, width: width, labelWidth: labelWidth, y: yScale, x: xScale,
      columns: xScale.ticks.map { Int((xScale.fraction($0) * Double(width - 1)).rounded()) }, name: x)
    return lines + notes.map(frame.note)
  }

  private func block(_ eighths: Int, unicode: Bool) -> Character {
    guard eighths > 0 else { return " " }
    if !unicode { return eighths >= 4 ? "#" : "." }
    let blocks: [Character] = Array("▁▂▃▄▅▆▇█")
    return blocks[min(eighths, 8) - 1]
  }
}

extension Histogram {
  /// Counts of so many neighbouring ranges added up.
  fileprivate func grouped(by group: Int) -> [Int] {
    guard group > 1 else { return counts }
    return stride(from: 0, to: counts.count, by: group).map { start in
      counts[start..<min(start + group, counts.count)].reduce(0, +)
    }
  }
}
