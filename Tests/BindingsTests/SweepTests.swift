import Bindings
import Checkpoints
import Foundation
import Interpreter
import Testing
import TestSupport

extension SteeringScripts {
  @Suite struct SweepTests {
    private func rows(_ value: Value) -> [[Value]] {
      guard let table = value.object, let count = table.count else { return [] }
      return (0..<count).compactMap { position in
        ((try? table.element(at: position, in: session)) ?? .null).object.flatMap { ($0 as? RecordObject)?.values }
      }
    }

    private let run: ScriptRun
    private var session: Session { run.laboratory.session }

    init() throws { run = try ScriptRun() }

    private func text(_ source: String, in run: ScriptRun? = nil) throws -> String {
      try (run ?? self.run).run(source).rendered(RenderingStyle(.full, width: 200))
    }

    // MARK: The table

    @Test func theLastColumnChangesFastest() throws {
      let grid = try run.run("sweep(a: 0..1, b: [\"x\", \"y\"]) { c -> 10 * c.a + len(c.b) }")
      #expect(
        rows(grid).map { $0.map { $0.rendered(.short) } } == [
          ["0", "\"x\"", "1"], ["0", "\"y\"", "1"], ["1", "\"x\"", "11"], ["1", "\"y\"", "11"],
        ])
      #expect(
        try text("sweep(a: [1], b: [2.5]) { c -> (sum: c.a + c.b, big: c.b > 2, name: \"n\", none: nil) }") == """
          a    b  sum  big   name  none
          ─  ───  ───  ────  ────  ────
          1  2.5  3.5  true  n     —
          """)
    }

    @Test func wrongGridsAndResultsSaySo() throws {
      func failure(_ source: String) -> String { run.failure(of: source) }
      #expect(failure("sweep() { c -> 1 }").contains("something to go over"))
      #expect(failure("sweep(layer: 3) { c -> 1 }").contains("`layer` is an int"))
      #expect(failure("sweep(layer: []) { c -> 1 }").contains("`layer` is empty"))
      #expect(failure("sweep(layer: [1, 2, 1]) { c -> 1 }").contains("holds 1 twice"))
      #expect(failure("sweep(a: 0..99999, b: 0..99999) { c -> 1 }").contains("too many points"))
      #expect(failure("sweep(a: [1]) { c -> nil }").contains("gives nothing"))
      #expect(failure("sweep(a: [1]) { c -> [1, 2] }").contains("gives a list as `value`"))
      #expect(failure("sweep(a: [1]) { c -> (a: 3) }").contains("a column of the grid already"))
      #expect(failure("sweep(a: [1], to: \"a.txt\") { c -> 1 }").contains("must end in .csv"))
      #expect(failure("sweep(a: [1], memory: -1) { c -> 1 }").contains("at least 0"))
      do {
        try run.run("sweep(a: 1..2, b: [7]) { c -> 1 div (2 - c.a) }")
        Issue.record("no error")
      } catch let error as ScriptError {
        #expect(error.diagnostic.help == "this was the point of the sweep with a: 2, b: 7")
      }
    }

    // MARK: The same bits

    /// What the points share must not show in any number.
    @Test func pointsAreSeparateRuns() throws {
      try run.run(
        """
        seed 5
        let m = load("minivlm")
        let v = normal(model: 96)
        let s = scenes(seed: 7).first
        let prompts = [prompt(s.image, "what color is the object ?"), prompt("what is two plus two ?"), prompt(s.image, "describe the image .")]
        let at = [.last, .all, .image + .generated, .generated, .text]
        fn result(c) {
          let both = .layers[c.layer].output on at[c.on] => add(v, strength: c.strength)
          let steered = m with both + 0.5 * (.layers[4].attention.weights on .last => scale(0.7))
          let norms = measure(steered, .layers[5].output, on: prompts, fn h -> norm(h, over: model).sum)
          (logits: prompts.map(fn p -> logits(steered, p).sum) |> sum, norms: norms.sum,
            answers: join(steered.ask(prompts), "|"), text: steered.ask(prompts.last, max: 3))
        }
        let shared = sweep(layer: [0, 3, 5], on: 0..4, strength: [1, 4]) { c -> result(c) }
        let alone = sweep(layer: [0, 3, 5], on: 0..4, strength: [1, 4], memory: 0) { c -> result(c) }
        let outside = flatten(map([0, 3, 5], fn layer -> flatten(map(0..4, fn on ->
          map([1, 4], fn s -> result((layer: layer, on: on, strength: s)))))))
        """)
      for column in ["logits", "norms", "answers", "text"] {
        let shared = try run.run("shared.\(column)")
        #expect(try run.run("alone.\(column) == shared.\(column)").rendered(.short) == "true", "\(column)")
        let outside = try run.run("outside |> map(fn r -> r.\(column))")
        #expect(outside.rendered(.full) == shared.rendered(.full), "\(column)")
      }
      #expect(try run.run("len(unique(shared.logits)) > 20").rendered(.short) == "true")
    }

    @Test func drawsDependOnThePlaceOnly() throws {
      let block =
        "{ c -> (a: normal(n: 3).sum, b: uniform(n: 2).sum, g: generate(m, prompt(\"what is two plus two ?\"), temperature: 2).text) }"
      try run.run("seed 9\nlet m = load(\"minivlm\")\nlet whole = sweep(x: 0..2, y: [1, 2]) \(block)")
      // Other draws before it, more values, and other points left out make no difference.
      try run.run("let before = normal(n: 5)\nlet more = sweep(x: 0..4, y: [1, 2, 3]) \(block)")
      #expect(
        try text("[more.a[0], more.a[1], more.a[3], more.a[4], more.g[4]]")
          == text("[whole.a[0], whole.a[1], whole.a[2], whole.a[3], whole.g[3]]"))
      #expect(try run.run("len(unique(more.a))").rendered(.short) == "15")
      // Nor does a sweep to what is drawn after it.
      let other = try ScriptRun()
      try other.run("seed 9\nlet before = normal(n: 5)")
      #expect(try text("normal(n: 2)") == text("normal(n: 2)", in: other))
      try other.run("seed 10\nlet m = load(\"minivlm\")\nlet whole = sweep(x: 0..2, y: [1, 2]) \(block)")
      #expect(try text("whole.a") != text("whole.a", in: other))
    }

    @Test func aSweepInsideASweep() throws {
      let table = try text(
        """
        let m = load("minivlm")
        sweep(layer: 0..1) { c ->
          let inner = sweep(strength: [1, 2]) { d ->
            accuracy(m with .layers[c.layer].output on .last => scale(d.strength), vqa.test.take(6)) + normal(n: 1).sum
          }
          (best: max(inner.value), first: inner.value[0])
        }
        """)
      #expect(table.split(separator: "\n").count == 4)
    }

    // MARK: Files

    private let block =
      "{ c -> { print(\"at {c.x} {c.y}\"); (draw: normal(n: 1).sum, text: \"a, \\\"{c.y}\\\"\", even: c.x % 2 == 0) } }"

    private func sweep(_ to: String = "g.csv", grid: String = "x: 0..3, y: [0.5, 1]", seed: Int = 4) -> String {
      "seed \(seed)\nsweep(\(grid), to: \"\(to)\") \(block)"
    }

    @Test func aFinishedFileIsNotComputedAgain() throws {
      try inTemporaryFolder {
        let first = try text(sweep())
        let file = try String(contentsOfFile: "g.csv", encoding: .utf8)
        #expect(file.hasPrefix("x,y,draw,text,even\n0,0.5,"))
        #expect(file.split(separator: "\n").count == 9)
        let again = try ScriptRun()
        #expect(try text(sweep(), in: again) == first)
        #expect(!again.text.contains("at "))
        #expect(again.notices.lines == ["info: sweep goes on with 8 of 8 points in g.csv"])
        #expect(try String(contentsOfFile: "g.csv", encoding: .utf8) == file)
        #expect(try text("open(\"g.csv\")") == first)
        // What `save` writes of the table is the same file.
        try again.run("save(\(sweep().split(separator: "\n")[1]), \"h.csv\")")
        #expect(
          try String(contentsOfFile: "h.csv", encoding: .utf8) == file.replacingOccurrences(of: ",1,", with: ",1.0,"))
      }
    }

    /// Cut off anywhere, the file is gone on with and comes out as if nothing had happened.
    @Test func whatACrashLeavesIsGoneOnWith() throws {
      try inTemporaryFolder {
        let expected = try text(sweep())
        let whole = try Data(contentsOf: URL(fileURLWithPath: "g.csv"))
        let cuts = [0, 1, 5, 10, 17, 18, 19, 22] + stride(from: 30, to: whole.count, by: 11)
        for cut in cuts {
          var rest = whole.prefix(cut)
          if cut % 3 == 2 { rest.append(Data(count: 20)) }
          if cut % 6 == 5 { rest.append(0x0A) }
          try rest.write(to: URL(fileURLWithPath: "g.csv"))
          let again = try ScriptRun()
          do {
            #expect(try text(sweep(), in: again) == expected, "cut at \(cut)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: "g.csv")) == whole, "cut at \(cut)")
            let finished = max(whole.prefix(cut).split(separator: 0x0A, omittingEmptySubsequences: false).count - 2, 0)
            #expect(again.text.components(separatedBy: "at ").count - 1 == 8 - finished, "cut at \(cut)")
          } catch let error as ScriptError {
            // A header that is not ours is left alone.
            #expect(cut < 19 && cut % 6 == 5, "cut at \(cut): \(error.message)")
          }
        }
      }
    }

    @Test func aFileOfSomethingElseIsLeftAlone() throws {
      try inTemporaryFolder {
        try run.run(sweep())
        let before = try Data(contentsOf: URL(fileURLWithPath: "g.csv"))
        func failure(_ source: String) throws -> String { try ScriptRun().failure(of: source) }
        #expect(try failure(sweep(grid: "x: 0..3, z: [0.5, 1]")).contains("it goes over x, y, this one over x, z"))
        #expect(try failure(sweep(grid: "y: 0..3, x: [0.5, 1]")).contains("over x, y, this one over y, x"))
        #expect(
          try failure(sweep(grid: "x: 0..4, y: [0.5, 1]"))
            == "g.csv holds another sweep: its `x` goes over 0, 1, 2, 3, here it goes over 0, 1, 2, 3, 4")
        #expect(try failure(sweep(seed: 5)).contains("made with seed 4, here is seed 5"))
        let other = "seed 4\nsweep(x: 0..3, y: [0.5, 1], to: \"g.csv\") { c -> (other: 1) }"
        #expect(!(try failure(other)).contains("no column"), "nothing is left to compute")
        #expect(try Data(contentsOf: URL(fileURLWithPath: "g.csv")) == before)

        try before.prefix(60).write(to: URL(fileURLWithPath: "g.csv"))
        #expect(try failure(other).contains("gives `other` at x: "))
        try "a,b\n1,2\n".write(toFile: "mine.csv", atomically: true, encoding: .utf8)
        #expect(try failure(sweep("mine.csv")).contains("nothing says which sweep it is of"))
        try FileManager.default.copyItem(atPath: "g.csv.sweep", toPath: "mine.csv.sweep")
        #expect(try failure(sweep("mine.csv")).contains("begins with the columns a, b"))
        let foreign = "x,y,draw,text,even\n9,9,1,a,true\n0,0.5,1,a,true\n"
        try foreign.write(toFile: "mine.csv", atomically: true, encoding: .utf8)
        #expect(try failure(sweep("mine.csv")).contains("line 2 is no row of this sweep"))
        #expect(try String(contentsOfFile: "mine.csv", encoding: .utf8) == foreign)

        let held = try GrowingFile(path: "held.csv")
        #expect(try failure(sweep("held.csv")).contains("another run of steersh writes this file"))
        #expect(held.isNew)
        // A sweep that found nothing leaves nothing.
        #expect(try failure("sweep(x: [0], to: \"none.csv\") { c -> 1 div c.x }").contains("zero"))
        #expect(!FileManager.default.fileExists(atPath: "none.csv"))
        #expect(try failure(sweep("no/such/g.csv")).contains("no/such/g.csv"))
      }
    }

    // MARK: Interruption

    /// Asks to stop when the script prints `stop`, as Ctrl-C does.
    private func stopping(_ run: ScriptRun) {
      let (session, output) = (run.laboratory.session, run.laboratory.session.output)
      session.output = { line in
        if line == "stop" { session.interruption.request() } else { output(line) }
      }
    }

    @Test func anInterruptionKeepsTheRowsSoFar() throws {
      try inTemporaryFolder {
        stopping(run)
        let source = """
          let m = load("minivlm")
          let grid = sweep(layer: 0..2, strength: [1, 2], to: "g.csv") { c ->
            if c.layer == 1 and c.strength == 2 { print("stop") }
            accuracy(m with .layers[c.layer].output on .last => scale(c.strength), vqa.test.take(40))
          }
          let after = 1
          """
        #expect(throws: ScriptError.self) { try run.run(source) }
        session.interruption.clear()
        #expect(try run.run("len(grid)").rendered(.short) == "3")
        #expect(run.failure(of: "after").contains("after"))
        #expect(run.notices.lines.last == "warning: sweep was stopped; the table has 3 of 6 points")
        #expect(try String(contentsOfFile: "g.csv", encoding: .utf8).split(separator: "\n").count == 4)
        // The map has gaps where nothing was computed.
        let map = try text("grid |> heatmap(x: layer, y: strength, value: value)")
        #expect(map.contains("least"))

        let again = try ScriptRun()
        try again.run(source)
        let whole = try ScriptRun()
        try whole.run(source.replacingOccurrences(of: "g.csv", with: "h.csv"))
        #expect(try text("grid", in: again) == text("grid", in: whole))
        #expect(
          try String(contentsOfFile: "g.csv", encoding: .utf8) == String(contentsOfFile: "h.csv", encoding: .utf8))
      }
    }

    /// Before the first row there is nothing to keep: it is an interruption like any other.
    @Test func anInterruptionBeforeTheFirstRow() throws {
      try inTemporaryFolder {
        stopping(run)
        do {
          try run.run("let grid = sweep(x: [1, 2], to: \"g.csv\") { c -> { print(\"stop\"); for i in 0..9 { i }; 1 } }")
          Issue.record("no interruption")
        } catch let error as ScriptError {
          #expect(error.isInterruption)
        }
        session.interruption.clear()
        #expect(run.failure(of: "grid").contains("grid"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: ".") == [])
      }
    }
  }
}
