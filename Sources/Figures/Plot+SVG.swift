extension Plot {
  /// The plot as an `<svg>` element; its title is the page's to write.
  var drawing: String {
    switch content {
    case .curves(let curves): drawing(curves)
    case .bars(let categories, let series): drawing(categories, series)
    case .histogram(let histogram): drawing(histogram)
    }
  }

  private static let width = 680.0
  private static let height = 300.0

  private var label: String { title.isEmpty ? [y, x].filter { !$0.isEmpty }.joined(separator: " over ") : title }

  // MARK: Curves

  private func drawing(_ curves: [Curve]) -> String {
    let points = curves.map { curve in Array(zip(curve.x, curve.y)) }
    let finite = points.joined().filter { $0.0.isFinite && $0.1.isFinite }
    guard !finite.isEmpty else { return Self.empty(label) }
    let named = curves.count > 1 ? curves.enumerated().map { $1.name.isEmpty ? "series \($0 + 1)" : $1.name } : []
    var field = SVGField(
      width: Self.width, height: Self.height, x: Scale(finite.lazy.map(\.0), count: 7, rounded: false),
      y: Scale(finite.lazy.map(\.1), count: 5, rounded: true), xName: x, yName: y, legend: named)
    for (index, curve) in curves.enumerated() {
      let style = "s\(index % Palette.series.count)"
      let runs = points[index].split { !$0.0.isFinite || !$0.1.isFinite }
      let marked = points[index].count <= 40 || curve.style == .points
      for run in runs {
        if curve.style == .line, run.count > 1 {
          field.svg.path(Self.thinned(run.map(field.place)), "curve \(style)")
        }
        guard marked || run.count == 1 else { continue }
        for point in run.prefix(5000) {
          let (x, y) = field.place(point)
          let words = "\(Numerals.general(point.0, digits: 5)): \(Numerals.general(point.1, digits: 5))"
          field.svg.dot(x, y, radius: 3, "dot \(style)", title: words)
        }
      }
    }
    return field.svg.element(label: label)
  }

  /// Of very many points the lowest and the highest of each stretch: what can be seen of the line stays.
  private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard points.count > 3000 else { return points }
    let stretch = points.count / 1000 + 1
    return stride(from: 0, to: points.count, by: stretch).flatMap { start in
      let part = start..<min(start + stretch, points.count)
      guard let low = part.min(by: { points[$0].y < points[$1].y }),
        let high = part.max(by: { points[$0].y < points[$1].y })
      else { return [(x: Double, y: Double)]() }
      return [points[min(low, high)], points[max(low, high)]]
    }
  }

  // MARK: Bars

  /// Lying bars, a group for each category, with the values at their ends.
  private func drawing(_ categories: [String], _ series: [Bars]) -> String {
    let values = series.flatMap(\.values)
    guard !categories.isEmpty, values.contains(where: \.isFinite) else { return Self.empty(label) }
    let several = series.count > 1
    let names = categories.map { $0.printable(unicode: true).truncated(to: 28, ellipsis: "…") }
    let numerals = NumeralColumn(values, digits: 4)
    let left = (names.map(SVG.width).max() ?? 0) + 14
    let right = (values.map { SVG.width(of: numerals.text($0)) }.max() ?? 0) + 10
    let thickness = several ? 14.0 : 18
    let group = thickness * Double(series.count) + 10
    let top = several ? 30.0 : 8
    var svg = SVG(width: Self.width, height: top + group * Double(categories.count) + 8)
    if several {
      svg.legend(series.enumerated().map { $1.name.isEmpty ? "series \($0 + 1)" : $1.name }, from: left, y: 14)
    }
    let scale = Scale(values, count: 4, rounded: false, including: 0)
    // Bars to the left of the foot need room for their numbers there, too.
    let inset = scale.low < 0 ? right : 0
    let room = Self.width - left - right - inset
    let foot = left + inset + scale.fraction(0) * room
    for (row, name) in names.enumerated() {
      let y = top + group * Double(row)
      svg.text(name, left - 8, y + (group - 10) / 2 + 4, .end, "name")
      for (index, bars) in series.enumerated() where bars.values[row].isFinite {
        let end = left + inset + scale.fraction(bars.values[row]) * room
        let place = y + thickness * Double(index)
        svg.rectangle(
          min(foot, end), place + 1, abs(end - foot), thickness - 2, style: "bar s\(index % Palette.series.count)")
        let text = numerals.text(bars.values[row])
        svg.text(text, end < foot ? end - 5 : end + 5, place + thickness / 2 + 4, end < foot ? .end : .start)
      }
    }
    svg.line(foot, top, foot, top + group * Double(categories.count) - 6, "axis")
    return svg.element(label: label)
  }

  // MARK: Histogram

  private func drawing(_ histogram: Histogram) -> String {
    guard !histogram.counts.isEmpty else { return Self.empty(label) }
    var field = SVGField(
      width: Self.width, height: Self.height, x: Scale([histogram.low, histogram.high], count: 7, rounded: false),
      y: Scale(histogram.counts.map(Double.init), count: 5, rounded: true, including: 0), xName: x, yName: y, legend: []
    )
    for (index, count) in histogram.counts.enumerated() where count > 0 {
      let (x0, y0) = field.place((histogram.edge(index), Double(count)))
      let (x1, y1) = field.place((histogram.edge(index + 1), 0))
      let words =
        "\(Numerals.general(histogram.edge(index), digits: 4)) to "
        + "\(Numerals.general(histogram.edge(index + 1), digits: 4)): \(count)"
      field.svg.rectangle(x0 + 0.5, y0, x1 - x0 - 1, y1 - y0, style: "bar s0", title: words)
    }
    return field.svg.element(label: label)
  }

  private static func empty(_ label: String) -> String {
    var svg = SVG(width: width, height: 60)
    svg.text("no data", width / 2, 34, .middle)
    return svg.element(label: label)
  }
}

/// A field between two axes.
struct SVGField {
  var svg: SVG
  private let x: Scale
  private let y: Scale
  private let left: Double
  private let top: Double
  private let right: Double
  private let bottom: Double

  init(width: Double, height: Double, x: Scale, y: Scale, xName: String, yName: String, legend: [String]) {
    (self.x, self.y) = (x, y)
    svg = SVG(width: width, height: height)
    left = (y.labels.map(SVG.width).max() ?? 0) + 12
    let head = (legend.isEmpty ? 0 : 22.0) + (yName.isEmpty ? 0 : 24)
    top = head + 10
    right = width - max(14, (x.labels.last.map(SVG.width) ?? 0) / 2 + 2)
    bottom = height - (xName.isEmpty ? 24 : 42)
    if !legend.isEmpty { svg.legend(legend, from: left, y: 14) }
    if !yName.isEmpty {
      svg.text(yName.printable(unicode: true).truncated(to: 90, ellipsis: "…"), 0, top - 18, .start, "name")
    }
    for (value, label) in zip(y.ticks, y.labels) {
      let level = place((x.low, value)).y
      svg.line(left, level, right, level, "grid")
      svg.text(label, left - 8, level + 4, .end)
    }
    svg.line(left, bottom, right, bottom, "axis")
    for (value, label) in zip(x.ticks, x.labels) {
      let place = place((value, y.low)).x
      svg.line(place, bottom, place, bottom + 4, "axis")
      svg.text(label, place, bottom + 18, .middle)
    }
    if !xName.isEmpty {
      svg.text(
        xName.printable(unicode: true).truncated(to: 80, ellipsis: "…"), (left + right) / 2, height - 6, .middle, "name"
      )
    }
  }

  func place(_ point: (Double, Double)) -> (x: Double, y: Double) {
    (left + x.fraction(point.0) * (right - left), bottom - y.fraction(point.1) * (bottom - top))
  }
}
