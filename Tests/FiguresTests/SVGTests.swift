import Foundation
import Testing

@testable import Figures

/// Figures as SVG: every element is there, in its place, and nothing but numbers stands in coordinates.
@Suite struct SVGTests {
  private func count(_ part: String, in text: String?) -> Int { (text ?? "").components(separatedBy: part).count - 1 }

  /// The values of an attribute, in order.
  private func numbers(_ attribute: String, _ element: String, in text: String?) throws -> [Double] {
    let pattern = try Regex("<\(element) [^>]*?\\b\(attribute)=\"([^\"]*)\"")
    return (text ?? "").matches(of: pattern).compactMap { $0.output[1].substring.flatMap { Double($0) } }
  }

  @Test func curvesHaveALineForEachUnbrokenPart() throws {
    let plot = Plot(
      [Plot.Curve("a", y: [1, 2, .nan, 3, 4]), Plot.Curve("b", y: [2, .infinity, 1])], x: "step", y: "loss")
    let svg = plot.svg()
    #expect(count("<path", in: svg) == 2)
    #expect(count("<circle", in: svg) == 6)
    #expect(svg?.contains(">step</text>") == true && svg?.contains(">loss</text>") == true)
    #expect(svg?.contains("nan") == false && svg?.contains("inf") == false)
    // Higher values stand higher.
    let levels = try numbers("cy", "circle", in: svg)
    #expect(levels[3] < levels[2] && levels[2] < levels[1] && levels[1] < levels[0])
  }

  @Test func longCurvesKeepTheirPeaks() throws {
    var values = [Double](repeating: 0, count: 100_000)
    values[54_321] = 7
    let svg = try #require(Plot.line(values).svg())
    #expect(svg.utf8.count < 60_000)
    let top = try numbers("y1", "line", in: svg).min() ?? 0
    #expect(svg.contains(" \(Markup.number(top + 0))") || svg.contains("L"), "the peak is drawn")
    #expect(Set(svg.matches(of: try Regex("[ML][0-9.]+ ([0-9.]+)")).compactMap { $0.output[1].substring }).count == 2)
  }

  @Test func barsReachFromTheFoot() throws {
    let svg = try Plot.bar(["a", "b", "c"], [Plot.Bars("x", values: [2, -1, .nan])]).svg()
    #expect(try numbers("width", "rect", in: svg).count == 2)
    let widths = try numbers("width", "rect", in: svg)
    #expect(abs(widths[0] - 2 * widths[1]) < 0.5)
  }

  @Test func heatmapsColourByValue() throws {
    let svg = try Heatmap([[0, 1], [0.5, .nan]], x: "x", y: "y").svg()
    #expect(count("#440154", in: svg) == 1 && count("#fde725", in: svg) == 1)
    #expect(count("class=\"gap\"", in: svg) == 1)
    #expect(count("<title>", in: svg) == 3)
    let large = try Heatmap((0..<300).map { row in (0..<200).map { Double($0 + row) } }).svg()
    #expect(large?.contains("means of 3 × 2 values of 300 × 200") == true)
    #expect(count("<rect", in: large) < 128 * 128 + 100)
  }

  @Test func nothingToDrawIsSaid() throws {
    for figure: any Figure in [
      Plot.line([]), Plot.line([.nan]), try Heatmap([]), Plot.histogram([]), try Plot.bar([], []),
    ] {
      #expect(figure.svg()?.contains("no data") == true)
    }
    #expect(try Table(columns: []).svg() == nil)
  }

  @Test(
    arguments: [
      (0, "0"), (12, "12"), (0.04, "0"), (0.05, "0.1"), (-3.25, "-3.3"), (-0.3, "-0.3"), (1e300, "0"), (.nan, "0"),
    ] as [(Double, String)])
  func coordinatesAreShort(value: Double, text: String) { #expect(Markup.number(value) == text) }

  @Test func tablesStandInLine() throws {
    let table = try Table(columns: [Column("a<b", ["x&y", .missing]), Column("n", [.float(0.5), .float(12)])])
    let html = table.html()
    #expect(html.contains("<th>a&lt;b</th><th class=\"number\">n</th>"))
    #expect(html.contains("<td>x&amp;y</td><td class=\"number\">0.5</td>"))
    #expect(html.contains("<td class=\"number\">12.0</td>") && html.contains(">—</span>"))
    #expect(table.html(rows: 1).contains("… 1 more row<"))
  }
}
