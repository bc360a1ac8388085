import Figures
import Foundation
import TestSupport
import Testing

private let missing: Comment = "gnuplot is not installed: apt-get install gnuplot-nox"

/// Drawings by the real gnuplot. Where it is not installed these tests are recorded as skipped.
@Suite(.enabled(if: Gnuplot().isInstalled, missing)) struct GnuplotTests {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-figures-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static let figures: [(String, any Figure)] = [
    ("curves", curves), ("line", Plot.line(PlotTests.loss, title: "training", x: "step", y: "loss")),
    ("histogram", Plot.histogram(PlotTests.loss, bins: 12, title: "losses", x: "loss")), ("bars", bars),
    ("heatmap", heatmap), ("no-data", Plot.line([.nan])), ("no-bars", Plot.line([])), ("constant", Plot.line([2, 2])),
    ("single", Plot.line([2])), ("one-value", Plot.histogram([2])), ("nothing", Plot.histogram([])),
  ]
  static let curves = Plot(
    [
      Plot.Curve("toward the image", y: [48.6, 64.5, 59.8, 33.8, 22.4, 4.0]),
      Plot.Curve("collapsed, α = 2 _{x}", y: [2.6, 4.7, .nan, 60.5, 73.6, 94.8], style: .points),
    ], title: "steering by strength", x: "strength", y: "% of answers")
  static let bars =
    (try? Plot.bar(
      ["shape", "color", "it's \"quoted\""],
      [Plot.Bars("image", values: [0.9, 0.4, -0.1]), Plot.Bars("text", values: [0.1, .nan, 0.3])], title: "answers"))
    ?? Plot([])
  static let heatmap: any Figure =
    (try? Heatmap(
      [[30, 54.75, .nan], [45.75, 70.5, 43.5]], xTicks: ["0.5 %", "100 %g", "%"], yTicks: ["0.5", "1.0"],
      title: "toward the image", x: "layer",
      y: "strength")) ?? Plot([])

  @Test func drawings() throws {
    // With STEERSH_KEEP the drawings stay in that folder, to be looked at.
    let keep = ProcessInfo.processInfo.environment["STEERSH_KEEP"]
    for (name, figure) in Self.figures {
      try figure.save(to: path("\(name).png"))
      try figure.save(to: path("\(name).svg"), size: (400, 300))
      let png = try Data(contentsOf: folder.appendingPathComponent("\(name).png"))
      #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
      // Width and height stand in the header, big-endian.
      #expect(png.count > 1000 && Array(png[16..<24]) == [0, 0, 3, 132, 0, 0, 2, 88])
      let svg = try String(contentsOf: folder.appendingPathComponent("\(name).svg"), encoding: .utf8)
      #expect(svg.contains("width=\"400\" height=\"300\"") && svg.hasSuffix("</svg>\n\n"))
      if let keep { try png.write(to: URL(fileURLWithPath: keep).appendingPathComponent("\(name).png")) }
    }
    let svg = try String(contentsOfFile: path("curves.svg"), encoding: .utf8)
    #expect(svg.contains("steering by strength") && svg.contains("collapsed, α = 2 _{x}"))
    #expect(try String(contentsOfFile: path("bars.svg"), encoding: .utf8).contains("it's \"quoted\""))
    // Nothing is left beside the drawings.
    #expect(files.count == Self.figures.count * 2)
  }

  /// A figure's words are data: none of them is run or read as a command.
  @Test func wordsAreNotCommands() throws {
    let mark = path("mark")
    let words = [
      "`touch \(mark)`", "' ; system('touch \(mark)'); '", "\"`touch \(mark)`\"", "a\nsystem('touch \(mark)')", "@x \\",
    ]
    for word in words {
      try Plot([Plot.Curve(word, y: [1, 2])], title: word, x: word, y: word).save(to: path("words.svg"))
      try Plot.bar([word, "b"], [Plot.Bars(word, values: [1, 2])]).save(to: path("words.svg"))
      try Heatmap([[1, 2]], xTicks: [word, "b"], yTicks: [word], title: word).save(to: path("words.svg"))
    }
    #expect(files == ["words.svg"])
  }

  @Test func awkwardNames() throws {
    for name in ["it's.svg", "`x`.svg", "~home $HOME.svg", "ü.SVG"] { try Self.curves.save(to: path(name)) }
    #expect(files == ["`x`.svg", "it's.svg", "~home $HOME.svg", "ü.SVG"].sorted())
  }

  @Test func largeData() throws {
    // More than the socket holds at once.
    try Plot.line((0..<40_000).map { Double($0 % 1000) }).save(to: path("large.png"))
    #expect(files == ["large.png"])
  }
}

/// How a drawing fails, with programs that stand in for gnuplot.
@Suite struct DrawingFailureTests {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-figures-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Programs that are committed and not written here: one that is still open for writing while another test starts a
  /// process cannot be run ("Text file busy").
  private func program(_ name: String) -> Gnuplot {
    Gnuplot(executable: fixture("figures/programs/\(name)").path, timeout: 20)
  }

  private let plot = Plot.line([1, 2])

  private func expectNothingWritten() {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    #expect(files.isEmpty)
  }

  @Test func missing() {
    #expect(throws: FigureError.gnuplotMissing) {
      try plot.save(to: path("a.png"), gnuplot: Gnuplot(executable: "gnuplot-that-is-nowhere"))
    }
    #expect(
      FigureError.gnuplotMissing.description
        == "gnuplot is not installed: apt-get install gnuplot-nox, or save as .csv")
    expectNothingWritten()
  }

  @Test func complaints() throws {
    let gnuplot = program("complains")
    #expect(
      throws: FigureError.gnuplotFailed(
        path: path("a.png"), status: 1, message: "line 3: undefined variable: x")
    ) { try plot.save(to: path("a.png"), gnuplot: gnuplot) }
    expectNothingWritten()
  }

  /// A program that reads nothing must not end us by SIGPIPE.
  @Test func endsWithoutReading() throws {
    let gnuplot = program("ends")
    let large = Plot.line((0..<100_000).map(Double.init))
    #expect(throws: FigureError.gnuplotFailed(path: path("a.png"), status: 7, message: "")) {
      try large.save(to: path("a.png"), gnuplot: gnuplot)
    }
    expectNothingWritten()
  }

  @Test func drawsNothing() throws {
    let gnuplot = program("silent")
    #expect(throws: FigureError.gnuplotFailed(path: path("a.png"), status: 0, message: "")) {
      try plot.save(to: path("a.png"), gnuplot: gnuplot)
    }
    expectNothingWritten()
  }

  @Test func hangs() throws {
    var gnuplot = program("hangs")
    gnuplot.timeout = 0.3
    #expect(throws: FigureError.gnuplotTimeout(path: path("a.png"), seconds: 0.3)) {
      try plot.save(to: path("a.png"), gnuplot: gnuplot)
    }
    gnuplot.timeout = 20
    #expect(throws: FigureError.interrupted(path: path("a.png"))) {
      try plot.save(to: path("a.png"), gnuplot: gnuplot, interrupted: { true })
    }
    expectNothingWritten()
  }

  @Test func places() throws {
    #expect(throws: FigureError.file(path: "/nowhere/at/all.csv", action: "write into /nowhere/at", code: ENOENT)) {
      try plot.save(to: "/nowhere/at/all.csv")
    }
    #expect(
      throws: FigureError.unknownExtension(
        path: path("a.gif"), known: [".png", ".svg", ".csv", ".tsv", ".json", ".md"])
    ) {
      try plot.save(to: path("a.gif"))
    }
    #expect(throws: FigureError.unknownExtension(path: path("a.png"), known: [".csv", ".tsv", ".json", ".md"])) {
      try plot.table.save(to: path("a.png"))
    }
    #expect(throws: FigureError.self) { try plot.save(to: path("noextension")) }
    expectNothingWritten()
  }

  @Test func dataFiles() throws {
    for name in ["a.csv", "a.tsv", "a.json", "a.md"] { try plot.save(to: path(name)) }
    #expect(try String(contentsOfFile: path("a.csv"), encoding: .utf8) == plot.table.csv)
    #expect(try String(contentsOfFile: path("a.md"), encoding: .utf8) == plot.table.markdown())
    // An existing file is replaced as a whole, and a folder is not.
    try Plot.line([7]).save(to: path("a.csv"))
    #expect(try String(contentsOfFile: path("a.csv"), encoding: .utf8) == "x,y\n0.0,7.0\n")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("b.csv"), withIntermediateDirectories: true)
    #expect(throws: FigureError.file(path: path("b.csv"), action: "write", code: EISDIR)) {
      try plot.save(to: path("b.csv"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 5)
  }
}
