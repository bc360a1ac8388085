extension Plot: Figure {
  /// The numbers of the plot: `series, x, y` for curves, one column for each series of bars, `from, to, count` for a
  /// histogram.
  public var table: Table {
    switch content {
    case .curves(let curves):
      let xName = x.isEmpty ? "x" : x
      let yName = y.isEmpty || y == xName ? "y" : y
      let several = curves.count > 1
      return Table(
        records: curves.enumerated().flatMap { index, curve in
          zip(curve.x, curve.y).map { horizontal, vertical in
            let series: [(key: String, value: Cell)] =
              several
              ? [(key: "series", value: .string(curve.name.isEmpty ? "series \(index + 1)" : curve.name))] : []
            return series + [(key: xName, value: .float(horizontal)), (key: yName, value: .float(vertical))]
          }
        })
    case .bars(let categories, let series):
      let label = x.isEmpty ? "category" : x
      return Table(
        records: categories.enumerated().map { row, category in
          [(key: label, value: .string(category))]
            + series.enumerated().map { index, bars in
              let name = bars.name.isEmpty ? (y.isEmpty ? "value" : y) : bars.name
              return (key: name == label ? "\(name) \(index + 1)" : name, value: .float(bars.values[row]))
            }
        })
    case .histogram(let histogram):
      return Table(
        records: histogram.counts.enumerated().map { index, count in
          [
            (key: "from", value: .float(histogram.edge(index))), (key: "to", value: .float(histogram.edge(index + 1))),
            (key: "count", value: .int(count)),
          ]
        })
    }
  }

  public func gnuplotCommands() -> String? {
    var script = GnuplotScript(title: title, x: x, y: y)
    switch content {
    case .curves(let curves):
      for (index, curve) in curves.enumerated() {
        script.data("c\(index)", zip(curve.x, curve.y).map { [$0, $1] })
      }
      let parts = curves.enumerated().map { index, curve in
        let style = curve.style == .line && curve.x.count > 1 ? "linespoints pt 7 ps 0.4 lw 2" : "points pt 7 ps 0.9"
        let name = curve.name.isEmpty && curves.count > 1 ? "series \(index + 1)" : curve.name
        return "$c\(index) using 1:2 with \(style) lc rgb '\(Palette.rgb(index))' "
          + (name.isEmpty ? "notitle" : "title \(Gnuplot.quoted(name))")
      }
      script.plot(parts, isEmpty: !curves.contains { zip($0.x, $0.y).contains { $0.isFinite && $1.isFinite } })
    case .bars(let categories, let series):
      let width = 0.8 / Double(max(series.count, 1))
      for (index, bars) in series.enumerated() {
        let offset = (Double(index) - Double(series.count - 1) / 2) * width
        script.data("c\(index)", bars.values.enumerated().map { [Double($0) + offset, $1] })
      }
      script.categories(categories)
      script.add("set style fill solid 0.85 border -1")
      script.add("set boxwidth \(width * 0.95)")
      let parts = series.enumerated().map { index, bars in
        "$c\(index) using 1:2 with boxes lc rgb '\(Palette.rgb(index))' "
          + (bars.name.isEmpty ? "notitle" : "title \(Gnuplot.quoted(bars.name))")
      }
      let values = series.flatMap(\.values).filter(\.isFinite)
      if let least = values.min(), least >= 0 { script.add("set yrange [0:*]") }
      script.plot(parts, isEmpty: values.isEmpty)
    case .histogram(let histogram):
      let half = (histogram.edge(1) - histogram.edge(0)) / 2
      script.data("c0", histogram.counts.enumerated().map { [histogram.edge($0) + half, Double($1)] })
      script.add("set style fill solid 0.85 border -1")
      script.add("set yrange [0:*]")
      if !histogram.counts.isEmpty {
        script.add("set xrange [\(Gnuplot.number(histogram.low)):\(Gnuplot.number(histogram.high))]")
      }
      script.plot(
        ["$c0 using 1:2:(\(Gnuplot.number(half * 2))) with boxes lc rgb '\(Palette.rgb(0))' notitle"],
        isEmpty: histogram.counts.isEmpty)
    }
    return script.text
  }
}

extension Heatmap {
  public func gnuplotCommands() -> String? {
    var script = GnuplotScript(title: title, x: x, y: y)
    let width = rows.first?.count ?? 0
    guard let range, width > 0 else {
      script.plot([], isEmpty: true)
      return script.text
    }
    script.data("m", rows)
    script.ticks("x", xTicks)
    script.ticks("y", yTicks)
    script.add("unset grid")
    script.add("set tics nomirror out")
    script.add("set xrange [-0.5:\(Double(width) - 0.5)]")
    script.add("set yrange [\(Double(rows.count) - 0.5):-0.5]")
    if range.low < range.high {
      script.add("set cbrange [\(Gnuplot.number(range.low)):\(Gnuplot.number(range.high))]")
    }
    let colors =
      center == nil
      ? ["#13205c", "#1f5f9e", "#21908d", "#5cc863", "#fde725"]
      : ["#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b"]
    let stops = colors.enumerated().map { "\(Double($0) / 4) '\($1)'" }.joined(separator: ", ")
    script.add("set palette defined (\(stops))")
    script.plot(["$m matrix using 1:2:3 with image notitle"], isEmpty: false)
    return script.text
  }
}

/// Lines for gnuplot in the order in which it wants them.
private struct GnuplotScript {
  private(set) var text = ""

  init(title: String, x: String, y: String) {
    if !title.isEmpty { add("set title \(Gnuplot.quoted(title))") }
    if !x.isEmpty { add("set xlabel \(Gnuplot.quoted(x))") }
    if !y.isEmpty { add("set ylabel \(Gnuplot.quoted(y))") }
    add("set datafile missing 'NaN'")
    add("set grid lt 1 lw 0.5 lc rgb '#dddddd'")
    add("set key above")
  }

  mutating func add(_ line: String) { text += line + "\n" }

  /// Rows of numbers under a name, read as `$name`.
  mutating func data(_ name: String, _ rows: [[Double]]) {
    add("$\(name) << END")
    for row in rows { add(row.map(Gnuplot.number).joined(separator: " ")) }
    add("END")
  }

  /// Names under the bars.
  mutating func categories(_ names: [String]) {
    ticks("x", names)
    let turned = names.count > 8 || names.contains { $0.displayWidth > 10 }
    if turned { add("set xtics rotate by -35") }
    add("set xrange [-0.7:\(Double(names.count) - 0.3)]")
  }

  /// Labels at 0, 1, 2, … along an axis; every second, third … where there are too many to read.
  mutating func ticks(_ axis: String, _ labels: [String]) {
    let step = max((labels.count + 31) / 32, 1)
    // gnuplot reads labels of ticks as printf formats.
    let places = stride(from: 0, to: labels.count, by: step).map {
      "\(Gnuplot.quoted(labels[$0].doubling("%"))) \($0)"
    }
    if !places.isEmpty { add("set \(axis)tics (\(places.joined(separator: ", ")))") }
  }

  /// The plot command; an empty frame that says so where there is nothing to draw.
  mutating func plot(_ parts: [String], isEmpty: Bool) {
    if isEmpty {
      add("set label 'no data' at graph 0.5,0.5 center")
      add("plot [0:1][0:1] NaN notitle")
    } else {
      add("plot " + parts.joined(separator: ", \\\n  "))
    }
  }
}
