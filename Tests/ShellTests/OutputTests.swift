import Interpreter
import Testing

@testable import Shell

/// Values, durations and progress as they are written.
@Suite struct OutputTests {
  @Test(arguments: [
    (Duration.nanoseconds(1_400), "1 µs"), (.microseconds(2_346), "2.35 ms"), (.milliseconds(230), "230 ms"),
    (.milliseconds(3_240), "3.2 s"), (.seconds(59), "59.0 s"), (.seconds(100), "1:40"), (.seconds(3_725), "1:02:05"),
  ])
  func durations(duration: Duration, text: String) {
    #expect(duration.written == text)
  }

  @Test func progressGoesFromTheOutsideIn() {
    Terminal.useUTF8()
    let start = ContinuousClock.now
    let works = [
      ProgressLine.Work(label: "sweep", total: 24, done: 6, began: start),
      ProgressLine.Work(label: "train", total: 400, done: 120, note: "loss 0.231", began: start + .seconds(8)),
    ]
    let now = start + .seconds(10)
    #expect(
      ProgressLine.line(works, began: start, now: now, width: 100)
        == "sweep 6/24 · train 120/400 · loss 0.231 · 60/s · 30.0 s left")
    #expect(ProgressLine.line(works, began: start, now: now, width: 15) == "sweep 6/24 · tr")
    #expect(ProgressLine.line([], began: start, now: now, width: 100) == "10.0 s")
  }

  @Test func shortValuesStayWhole() {
    let printer = ValuePrinter(screen: Terminal.Size(rows: 24, columns: 80), colored: false)
    #expect(printer.text(of: .int(42)) == "42")
    #expect(printer.text(of: .list([.int(1), .string("a")])) == "[1, \"a\"]")
  }

  @Test func longValuesAreCut() {
    let printer = ValuePrinter(screen: Terminal.Size(rows: 14, columns: 40), colored: false)
    let lines = printer.text(of: .string(String(repeating: "x", count: 2_000))).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.last == "… 1642 more characters; print shows everything")
    let rows = (0..<60).map { Value.record([("name", .string("sample \($0)")), ("score", .float(Double($0)))]) }
    let table = printer.text(of: .list(rows)).split(separator: "\n")
    #expect(table.count <= 11)
    #expect(table.last?.hasSuffix("more lines; print shows everything") == true)
  }

  @Test func stylesCloseWhatTheyOpen() {
    #expect(Style.number.paint("1", colored: true) == "\u{1B}[36m1\u{1B}[0m")
    #expect(Style.number.paint("1", colored: false) == "1")
    #expect(Highlighting.paint("let a = 1", colored: true) == "\u{1B}[35mlet\u{1B}[0m a = \u{1B}[36m1\u{1B}[0m")
  }

  @Test func ownOptionsMayStandBeforeACommand() {
    #expect(
      SteershCommand.ordered(["--color", "never", "--json", "run", "a.steer"])
        == ["run", "--color", "never", "--json", "a.steer"])
    #expect(SteershCommand.ordered(["--seed=3", "check", "a"]) == ["check", "--seed=3", "a"])
    #expect(SteershCommand.ordered(["--color", "never", "a.steer"]) == ["--color", "never", "a.steer"])
    #expect(SteershCommand.ordered(["-e", "run"]) == ["-e", "run"])
  }

  @Test func pathsHaveOneName() {
    #expect(FileLoader.normalized("./a/../b/./c.steer") == "b/c.steer")
    #expect(FileLoader.normalized("../a.steer") == "../a.steer")
    #expect(FileLoader.normalized("/a//b/../c") == "/a/c")
  }
}
