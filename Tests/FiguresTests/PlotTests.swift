import Figures
import Foundation
import Testing

/// Sums of six fixed pseudo-random numbers between 0 and 1: a bell, nearly.
private func normLike(_ index: Int) -> Double {
  var sum = 0.0
  for part in 0..<6 {
    let hash = (index &* 7919 &+ part &* 104_729) % 997
    sum += Double(hash) / 997
  }
  return sum
}

@Suite struct PlotTests {
  static let loss = (0..<60).map { (step: Int) -> Double in
    let time = Double(step)
    return 2.3 * exp(-time / 14) + 0.12 * sin(time * 1.7) + 0.2
  }

  static let product = (0..<100).map { (row: Int) -> [Double] in (0..<300).map { Double($0 * row) } }

  @Test func line() throws {
    let plot = Plot.line(
      [0.43, 1.11, 1.36, 1.65, 0.96, 2.01], title: "attention per image token over attention per text token",
      x: "layer", y: "ratio")
    try expectGoldens(plot, "line")
  }

  @Test func longLine() throws {
    try expectGoldens(Plot.line(Self.loss, title: "training", x: "step", y: "loss"), "long-line")
  }

  @Test func severalCurves() throws {
    let plot = Plot(
      [
        try Plot.Curve("toward the image", x: [0.5, 1, 2, 3, 4, 8], y: [48.6, 64.5, 59.8, 33.8, 22.4, 4.0]),
        try Plot.Curve("collapsed", x: [0.5, 1, 2, 3, 4, 8], y: [2.6, 4.7, 29.1, 60.5, 73.6, 94.8]),
        try Plot.Curve("prompt", x: [0.5, 8], y: [51.2, 51.2]),
      ], title: "steering by strength", x: "strength", y: "% of answers")
    try expectGoldens(plot, "curves")
  }

  @Test func scatter() throws {
    let x = (0..<40).map { Double(($0 * 37) % 40) / 4 }
    let y: [Double] = x.enumerated().map { index, x in
      let jitter = Double((index * 13) % 9)
      return x * 0.7 + jitter / 3
    }
    try expectGoldens(try Plot.scatter(x: x, y: y, title: "norms", xName: "|h|", yName: "|dh|"), "scatter")
  }

  @Test func bars() throws {
    let plot = try Plot.bar(
      ["shape", "color", "count", "position", "size", "background", "digit"],
      [Plot.Bars(values: [0.935, 0.985, 0.9925, 0.99, 0.99, 0.9925, 0.9825])], title: "visual questions", y: "accuracy")
    try expectGoldens(plot, "bars")
  }

  @Test func groupedBarsOnBothSidesOfZero() throws {
    let plot = try Plot.bar(
      ["layer 0", "layer 1", "layer 2"],
      [Plot.Bars("image", values: [0.2, -0.31, 0.05]), Plot.Bars("text", values: [-0.1, .nan, 0.4])], title: "change")
    try expectGoldens(plot, "grouped-bars")
  }

  @Test func moreBarsThanLines() throws {
    let plot = try Plot.bar((0..<50).map { "token \($0)" }, [Plot.Bars(values: (0..<50).map(Double.init))])
    try expectGolden(plot.rendered(on: Terminal(width: 60, height: 16)), "many-bars")
  }

  @Test func histogram() throws {
    let values = (0..<500).map { index in normLike(index)
    }
    try expectGoldens(Plot.histogram(values, title: "norms", x: "|h|"), "histogram")
    try expectGolden(
      Plot.histogram(values, bins: 5, x: "|h|").rendered(on: Terminal(width: 60, height: 16)), "histogram-5")
    // More ranges than cells: neighbours are added up, three to a column here.
    try expectGolden(
      Plot.histogram(values, bins: 130, x: "|h|").rendered(on: Terminal(width: 60, height: 16)), "histogram-130")
  }

  @Test func valuesThatAreNotFinite() throws {
    try expectGoldens(Plot.line([1, 2, .nan, 4, .infinity, 3, 2.5], x: "step", y: "loss"), "gaps")
    #expect(Plot.line([.nan, .infinity]).rendered(on: Terminal()) == "no data: none of 2 points is finite")
    #expect(Plot.line([]).rendered(on: Terminal()) == "no data")
    #expect(Plot.histogram([.nan]).rendered(on: Terminal()) == "count\nno data\n1 values not finite, left out")
  }

  @Test func constantAndSinglePoint() throws {
    try expectGolden(Plot.line([3, 3, 3, 3]).rendered(on: Terminal(width: 60, height: 16)), "constant")
    try expectGolden(
      try Plot.scatter(x: [2], y: [-7]).rendered(on: Terminal(width: 60, height: 16)), "single-point")
    try expectGolden(Plot.histogram([4, 4, 4]).rendered(on: Terminal(width: 60, height: 16)), "histogram-constant")
  }

  /// Ends of the number range, where differences overflow and halves vanish: nothing to see, but nothing may trap.
  @Test(arguments: [
    [Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude], [Double.leastNonzeroMagnitude, 0],
    [.leastNonzeroMagnitude, .leastNonzeroMagnitude],
    [.greatestFiniteMagnitude, .greatestFiniteMagnitude], [1, 1 + 2.2e-16], [1e16, 1e16 + 2], [0, 0], [-0.0, 0.0],
    [1e-300, 1e300], [.leastNormalMagnitude, .pi],
  ])
  func extremes(values: [Double]) throws {
    for (_, terminal) in terminals {
      expectFits(Plot.line(values).rendered(on: terminal), terminal)
      expectFits(try Plot.scatter(x: values, y: values).rendered(on: terminal), terminal)
      expectFits(Plot.histogram(values).rendered(on: terminal), terminal)
      expectFits(try Plot.bar(["a", "b"], [Plot.Bars(values: values)]).rendered(on: terminal), terminal)
      expectFits(try Heatmap([values]).rendered(on: terminal), terminal)
    }
  }

  @Test(arguments: [(20, 8), (24, 10), (40, 12), (80, 24), (200, 60)])
  func sizes(width: Int, height: Int) throws {
    for unicode in [true, false] {
      let terminal = Terminal(width: width, height: height, color: true, unicode: unicode)
      expectFits(
        Plot.line(Self.loss, title: "a title that is longer than the smallest window", x: "step", y: "loss").rendered(
          on: terminal), terminal)
      expectFits(Plot.histogram(Self.loss, x: "a name that is longer than the window").rendered(on: terminal), terminal)
      expectFits(
        try Plot.bar(
          ["a category with a very long name", "b"],
          [Plot.Bars("left", values: [1, 2]), Plot.Bars("right", values: [2, -1e300])]
        )
        .rendered(on: terminal), terminal)
      expectFits(
        try Heatmap(Self.product).rendered(on: terminal), terminal)
    }
  }

  @Test func wrongCounts() {
    #expect(throws: FigureError.seriesLength(name: "a", x: 2, y: 1)) { try Plot.Curve("a", x: [1, 2], y: [1]) }
    #expect(throws: FigureError.categoryCount(name: "a", found: 1, expected: 2)) {
      try Plot.bar(["x", "y"], [Plot.Bars("a", values: [1])])
    }
  }

  @Test func table() throws {
    let plot = Plot(
      [Plot.Curve("a", y: [1, 2]), Plot.Curve(y: [.nan])], x: "step", y: "loss")
    #expect(plot.table.csv == "series,step,loss\na,0.0,1.0\na,1.0,2.0\nseries 2,0.0,nan\n")
    #expect(Plot.histogram([0, 1, 1], bins: 2).table.csv == "from,to,count\n0.0,0.5,1\n0.5,1.0,2\n")
    #expect(
      try Plot.bar(["u", "v"], [Plot.Bars(values: [1, 2])], x: "side", y: "n").table.csv == "side,n\nu,1.0\nv,2.0\n")
  }
}
