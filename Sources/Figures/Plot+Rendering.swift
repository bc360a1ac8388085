extension Plot {
  /// The plot as lines for a terminal: curves in braille dots, bars and histograms in blocks; plain characters where
  /// the terminal has no Unicode.
  public func rendered(on terminal: Terminal) -> String {
    let frame = Frame(terminal: terminal)
    let lines =
      switch content {
      case .curves(let curves): self.lines(curves, in: frame)
      case .bars(let categories, let series): self.lines(categories, series, in: frame)
      case .histogram(let histogram): self.lines(histogram, in: frame)
      }
    return lines.joined(separator: "\n")
  }

  /// Lines of the terminal that the field of rows may take, under `head` lines and over the axis and the notes.
  func fieldHeight(_ terminal: Terminal, head: Int, notes: Int) -> Int {
    min(max(terminal.height - 2 - head - notes - 2 - (x.isEmpty ? 0 : 1), 3), 24)
  }

  private func lines(_ curves: [Curve], in frame: Frame) -> [String] {
    let terminal = frame.terminal
    let several = curves.count > 1
    // Dots of several series look alike without colour; then each series draws with its own mark instead.
    let braille = terminal.unicode && (!several || terminal.color)
    func mark(_ index: Int) -> Character {
      several && !terminal.color ? Palette.mark(index, unicode: terminal.unicode) : terminal.unicode ? "•" : "*"
    }
    let legend =
      several || !(curves.first?.name.isEmpty ?? true)
      ? curves.enumerated().map { frame.key($0, name: $1.name, mark: mark($0)) } : []
    var lines = frame.head(title: title, legend: legend, y: y)

    let points = curves.map { curve in
      zip(curve.x, curve.y).map { $0.isFinite && $1.isFinite ? (x: $0, y: $1) : nil }
    }
    let shown = points.joined().compactMap { $0 }
    let total = points.reduce(0) { $0 + $1.count }
    guard !shown.isEmpty else {
      return lines + [frame.note(total == 0 ? "no data" : "no data: none of \(total) points is finite")]
    }
    let leftOut = total - shown.count
    let height = fieldHeight(terminal, head: lines.count, notes: leftOut > 0 ? 1 : 0)
    let yScale = Scale(shown.lazy.map(\.y), count: max(height / 3, 2), rounded: true)
    let labelWidth = yScale.labels.reduce(0) { max($0, $1.count) }
    let width = max(terminal.width - labelWidth - 2, 10)
    let xScale = Scale(shown.lazy.map(\.x), count: max(width / 12, 2), rounded: false)

    var canvas = Canvas(width: width, height: height, braille: braille)
    for (index, curve) in curves.enumerated() {
      let places = points[index].map { $0.map { (x: xScale.fraction($0.x), y: yScale.fraction($0.y)) } }
      // Single dots are hard to see; few points are worth a mark each.
      let marked = places.count <= 100
      for (position, place) in places.enumerated() {
        guard let place else { continue }
        let before = position > 0 ? places[position - 1] : nil
        let after = position + 1 < places.count ? places[position + 1] : nil
        if curve.style == .line, let before {
          canvas.line(from: before, to: place, series: index, mark: mark(index))
        } else if curve.style == .line ? (before == nil && after == nil) : marked {
          canvas.mark(place, series: index, mark: mark(index))
        } else {
          canvas.point(place, series: index, mark: mark(index))
        }
      }
    }
    lines += frame.field(
      (0..<height).map { canvas.row($0, on: terminal) }, width: width, labelWidth: labelWidth, y: yScale, x: xScale,
      columns: xScale.ticks.map { Int((xScale.fraction($0) * Double(width - 1)).rounded()) }, name: x)
    if leftOut > 0 { lines.append(frame.note("\(leftOut) of \(total) points not finite, left out")) }
    return lines
  }
}
