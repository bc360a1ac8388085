import Figures
import Foundation
import Testing

private func matrix(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Double) -> [[Double]] {
  (0..<rows).map { row in (0..<columns).map { value(row, $0) } }
}

@Suite struct HeatmapTests {
  static let grid = matrix(4, 6) { 30 + Double(($0 * 7 + $1 * 11) % 23) * 2.25 }

  @Test func numbersWithTicks() throws {
    let heatmap = try Heatmap(
      Self.grid, yTicks: ["0.5", "1.0", "2.0", "4.0"], title: "answers from the image, %", x: "layer", y: "strength")
    try expectGoldens(heatmap, "heatmap")
  }

  @Test func shades() throws {
    let wave = matrix(12, 34) { sin(Double($0) / 3) * cos(Double($1) / 5) }
    try expectGoldens(try Heatmap(wave, title: "attention", x: "key", y: "query"), "heatmap-shades")
    try expectGoldens(try Heatmap(wave, x: "key", y: "query", center: 0), "heatmap-centered")
  }

  @Test func wordsOnTheAxes() throws {
    let words = ["<bos>", "user", ":", "<image>", "what", "color"]
    try expectGoldens(
      try Heatmap(
        matrix(6, 6) { $1 > $0 ? 0 : 1 / Double($0 + 1) }, xTicks: words, yTicks: words),
      "heatmap-words")
  }

  @Test func averagedDown() throws {
    let large = matrix(70, 200) { Double($0 + $1) }
    try expectGolden(try Heatmap(large).rendered(on: Terminal(width: 60, height: 16)), "heatmap-averaged")
  }

  @Test func valuesThatAreNotFinite() throws {
    try expectGoldens(try Heatmap([[1, .nan, 3], [.infinity, 5, 6]]), "heatmap-gaps")
    #expect(try Heatmap([[.nan]]).rendered(on: Terminal()) == "no data: no value is finite")
    #expect(try Heatmap([]).rendered(on: Terminal()) == "no data")
    #expect(try Heatmap([[]]).rendered(on: Terminal()) == "no data")
  }

  @Test func wrongCounts() {
    #expect(throws: FigureError.rowLength(row: 1, found: 1, expected: 2)) { try Heatmap([[1, 2], [1]]) }
    #expect(throws: FigureError.tickCount(axis: "x", found: 1, expected: 2)) { try Heatmap([[1, 2]], xTicks: ["a"]) }
    #expect(throws: FigureError.tickCount(axis: "y", found: 2, expected: 1)) {
      try Heatmap([[1, 2]], yTicks: ["a", "b"])
    }
  }

  @Test func table() throws {
    let heatmap = try Heatmap([[1, 2]], xTicks: ["a", "b"], yTicks: ["0.5"], x: "side", y: "strength")
    #expect(heatmap.table.csv == "strength,side,value\n0.5,a,1.0\n0.5,b,2.0\n")
    #expect(
      try Heatmap([[1]], x: "value", y: "value").table.columns.map(\.name) == ["value", "value (x)", "value (z)"])
  }
}
