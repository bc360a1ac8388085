extension Heatmap {
  /// The matrix as an `<svg>` element, with numbers in the cells where they have room, and the scale of colours beside it.
  var drawing: String {
    let label = title.isEmpty ? [y, x].filter { !$0.isEmpty }.joined(separator: " by ") : title
    guard let range, !rows.isEmpty, !xTicks.isEmpty else {
      var svg = SVG(width: 680, height: 60)
      svg.text("no data", 340, 34, .middle)
      return svg.element(label: label)
    }
    // More rectangles than this no browser likes.
    let block = (rows: (rows.count + 127) / 128, columns: (xTicks.count + 127) / 128)
    let isReduced = block.rows > 1 || block.columns > 1
    let values = isReduced ? Self.averaged(rows, block: block) : rows
    let numerals = NumeralColumn(values.joined(), digits: 3)
    let numberWidth = values.joined().reduce(0) { max($0, SVG.width(of: numerals.text($1))) }
    let names = yTicks.map { $0.printable(unicode: true).truncated(to: 24, ellipsis: "…") }
    let left = (names.map(SVG.width).max() ?? 0) + 12
    let columns = values[0].count
    let room = 680 - left - 84
    let side = min(room / Double(columns), 64)
    let tall = min(max(min(side, 34), 2.5), 420 / Double(values.count))
    let top = (y.isEmpty ? 8.0 : 26)
    let bottom = top + tall * Double(values.count)
    var svg = SVG(width: 680, height: bottom + (x.isEmpty ? 26 : 44) + (isReduced ? 16 : 0))
    if !y.isEmpty { svg.text(y.printable(unicode: true).truncated(to: 90, ellipsis: "…"), 0, 14, .start, "name") }
    let showsNumbers = numberWidth + 6 <= side && tall >= 16
    let colors = Shades(low: range.low, high: range.high, isDiverging: center != nil)
    for (i, row) in values.enumerated() {
      let level = top + tall * Double(i)
      for (j, value) in row.enumerated() {
        let place = left + side * Double(j)
        guard value.isFinite else {
          svg.rectangle(place, level, side, tall, style: "gap")
          continue
        }
        let (fill, isDark) = colors.color(value)
        let words =
          "\(names[min(i * block.rows, names.count - 1)]), \(xTicks[min(j * block.columns, xTicks.count - 1)]): "
          + Numerals.general(value, digits: 5)
        svg.rectangle(place, level, side + 0.3, tall + 0.3, fill: fill, title: words)
        if showsNumbers {
          let ink = isDark ? "light" : "dark"
          svg.text(numerals.text(value), place + side / 2, level + tall / 2 + 4, .middle, ink)
        }
      }
    }
    labels(&svg, names, every: block, side: side, tall: tall, left: left, top: top, bottom: bottom)
    scale(&svg, colors, at: left + side * Double(columns) + 16, top: top, height: min(max(bottom - top, 60), 160))
    if isReduced {
      let words = "means of \(block.rows) × \(block.columns) values of \(rows.count) × \(xTicks.count)"
      svg.text(words, left, svg.height - 4)
    }
    return svg.element(label: label)
  }

  private func labels(
    _ svg: inout SVG, _ names: [String], every block: (rows: Int, columns: Int), side: Double, tall: Double,
    left: Double, top: Double, bottom: Double
  ) {
    let step = max(1, Int((13 / tall).rounded(.up)))
    for index in stride(from: 0, to: names.count, by: block.rows * step) {
      svg.text(names[index], left - 7, top + tall * (Double(index / block.rows) + 0.5) + 4, .end)
    }
    let ticks = xTicks.map { $0.printable(unicode: true).truncated(to: 14, ellipsis: "…") }
    let widest = (ticks.map(SVG.width).max() ?? 0) + 8
    let across = max(1, Int((widest / side).rounded(.up)))
    for index in stride(from: 0, to: ticks.count, by: block.columns * across) {
      svg.text(ticks[index], left + side * (Double(index / block.columns) + 0.5), bottom + 17, .middle)
    }
    guard !x.isEmpty else { return }
    let columns = (xTicks.count + block.columns - 1) / block.columns
    svg.text(
      x.printable(unicode: true).truncated(to: 40, ellipsis: "…"), left + side * Double(columns) / 2, bottom + 36,
      .middle, "name")
  }

  /// The colours from the greatest value down to the least.
  private func scale(_ svg: inout SVG, _ colors: Shades, at x: Double, top: Double, height: Double) {
    let steps = 32
    for step in 0..<steps {
      let value = colors.high - (colors.high - colors.low) * (Double(step) + 0.5) / Double(steps)
      let tall = height / Double(steps)
      svg.rectangle(x, top + tall * Double(step), 12, tall + 0.3, fill: colors.color(value).fill)
    }
    svg.text(Numerals.general(colors.high, digits: 3), x + 18, top + 9)
    svg.text(Numerals.general(colors.low, digits: 3), x + 18, top + height)
  }
}

/// The colours of a heat map: viridis (Smith and van der Walt 2015), even in lightness and safe for the colour-blind; or blue
/// over grey to red around a centre.
struct Shades {
  let low: Double
  let high: Double
  let isDiverging: Bool

  private static let viridis: [(Double, Double, Double)] = [
    (68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137), (53, 183, 121),
    (110, 206, 88), (181, 222, 43), (253, 231, 37),
  ]
  private static let blueRed: [(Double, Double, Double)] = [
    (33, 62, 140), (67, 118, 186), (143, 183, 219), (232, 232, 230), (239, 170, 140), (206, 90, 75), (140, 25, 40),
  ]

  /// The colour of a finite value, and whether white is read on it more easily than black.
  func color(_ value: Double) -> (fill: String, isDark: Bool) {
    let span = high / 2 - low / 2
    let share = span > 0 ? min(max((value / 2 - low / 2) / span, 0), 1) : 0.5
    let anchors = isDiverging ? Self.blueRed : Self.viridis
    let place = share * Double(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    let part = place - Double(index)
    func mix(_ a: Double, _ b: Double) -> Int { Int((a + (b - a) * part).rounded()) }
    let (from, to) = (anchors[index], anchors[index + 1])
    let (red, green, blue) = (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
    let hex = [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return ("#" + hex, 0.30 * Double(red) + 0.59 * Double(green) + 0.11 * Double(blue) < 140)
  }
}
