import Bindings
import Foundation
import Interpreter
import Records
import Testing
import TestSupport

extension SteeringScripts {
  /// Records of runs, as scripts leave them.
  @Suite struct RunTests {
    private static let start = """
      let m = load("minivlm")
      let tilt = .layers[1].output on .image.first(2) => mores(rank: 1)

      """

    @Test func everyKindLeavesARecord() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          Self.start + """
            input steps = 2 "steps"
            seed 7
            let trained = train(tilt, model: m, on: vqa.train.take(8), steps: steps, batch: 4, lr: 1e-2)
            save(trained, "tilt.safetensors")
            evaluate(m with trained, on: vqa.test.take(4))
            let grid = sweep(strength: [1, 2], to: "grid.csv") { c ->
              (right: evaluate(m with c.strength * trained, on: vqa.test.take(4)), n: 4)
            }
            """)
        let store = try #require(try run.laboratory.bench.records.reading())
        let runs = try store.list()
        // The evaluations inside the sweep are the sweep's.
        #expect(runs.map(\.kind) == ["train", "evaluate", "sweep"])
        #expect(runs.allSatisfy { $0.status == .finished && $0.ended != nil && $0.subject.seed == 7 })
        let (train, evaluate, sweep) = try (store.run(1), store.run(2), store.run(3))

        #expect(train.metrics.map(\.name) == ["steps", "first_loss", "last_loss"])
        #expect(train.metrics[0].value == 2)
        #expect(train.tables.map(\.name) == ["history"] && train.tables[0].table.rowCount == 2)
        #expect(train.subject.inputs == [RunSetting("steps", "2")])
        #expect(train.subject.settings.map(\.name) == ["intervention", "steps", "lr", "batch"])
        #expect(train.subject.call.hasPrefix("train(tilt, model: m"))
        #expect(train.subject.line == 5)
        #expect(train.subject.script.text.contains("seed 7"))
        #expect(train.files.map { URL(fileURLWithPath: $0.path).lastPathComponent } == ["tilt.safetensors"])
        #expect(train.subject.model?.name == "minivlm")
        #expect(train.subject.model?.fingerprint.hasPrefix("llava 6×96/") == true)
        #expect(train.subject.data.map(\.name) == ["vqa.train"] && train.subject.data[0].count == 8)

        #expect(evaluate.metrics.map(\.name) == ["accuracy"])
        #expect(evaluate.subject.model?.interventions.count == 1)
        #expect(evaluate.subject.data[0].fingerprint != nil)

        #expect(sweep.tables[0].table.columns.map(\.name) == ["strength", "right", "n"])
        #expect(sweep.metrics.map(\.name) == ["points", "right", "n"])
        #expect(sweep.subject.settings == [RunSetting("strength", "[1, 2]"), RunSetting("to", "\"grid.csv\"")])
        #expect(sweep.files.map { URL(fileURLWithPath: $0.path).lastPathComponent } == ["grid.csv"])
        // What the block looked at, once.
        #expect(sweep.subject.data.map(\.fingerprint) == evaluate.subject.data.map(\.fingerprint))
      }
    }

    @Test func fingerprintsTellDataApart() throws {
      let run = try ScriptRun()
      try run.run(
        """
        let m = load("minivlm")
        let items = vqa.test.take(4).map(fn q -> (image: q.image, question: q.question, answer: q.answer))
        evaluate(m, on: vqa.test.take(4))
        evaluate(m, on: vqa.test.take(4))
        evaluate(m, on: vqa.test.take(5))
        evaluate(m, on: vqa.test.drop(1).take(4))
        evaluate(m, on: items)
        evaluate(m, on: list(vqa.test.take(3)) + [vqa.test.last])
        """)
      let store = try #require(try run.laboratory.bench.records.reading())
      let marks = try store.list().map { try #require($0.subject.data[0].fingerprint) }
      #expect(marks[0] == marks[1])
      #expect(Set(marks).count == 5)
    }

    /// A benchmark's record has the paper's metrics, its answers and the files that were written.
    @Test func benchmarksKeepTheirMetrics() throws {
      let folder = fixture("benchmarks").appendingPathComponent("pope").path
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          "let e = evaluate(load(\"minivlm\"), on: pope(\"\(folder)\", instruction: \"\").take(4), to: \"rows.jsonl\")")
        let kept = try #require(try run.laboratory.bench.records.reading()).run(-1)
        #expect(kept.kind == "evaluate" && kept.status == .finished)
        #expect(kept.metrics.contains { $0.name == "F1 score" }, "\(kept.metrics)")
        #expect(kept.tables.map(\.name) == ["metrics", "answers"])
        #expect(kept.files.map { URL(fileURLWithPath: $0.path).lastPathComponent } == ["rows.jsonl"])
        #expect(kept.subject.data[0].count == 4 && kept.subject.data[0].fingerprint != nil)
        try run.run("report([e, run()], \"pope.html\")")
        #expect(try String(contentsOfFile: "pope.html", encoding: .utf8).contains("<table>"))
      }
    }

    /// A lazy `map` is asked for items once more, unseen: what it prints and draws is as without a record.
    @Test func fingerprintsAreNotSeen() throws {
      let text = """
        seed 5
        let m = load("minivlm")
        let items = data("items.jsonl").map(fn r -> { print(r.question); (question: r.question, answer: str(uniform(axis: 1)[0])) })
        evaluate(m, on: items)
        uniform(axis: 2).tolist
        """
      try inTemporaryFolder {
        let lines = (0..<3).map { "{\"question\": \"what is two plus two ?\", \"n\": \($0)}\n" }.joined()
        try Data(lines.utf8).write(to: URL(fileURLWithPath: "items.jsonl"))
        let with = try ScriptRun()
        try with.run(text)
        let without = try ScriptRun(records: RunRecorder(.nowhere))
        try without.run(text)
        #expect(with.text == without.text && with.text.contains("two plus two"))
      }
    }

    /// What is recorded is no part of what comes out.
    @Test func recordsChangeNoResult() throws {
      let text = Self.start + "seed 3\ntrain(tilt, model: m, on: vqa.train.take(8), steps: 2, batch: 4).history.loss"
      let with = try ScriptRun()
      try with.run(text)
      let without = try ScriptRun(records: RunRecorder(.nowhere))
      try without.run(text)
      #expect(with.text == without.text)
      #expect(try without.laboratory.bench.records.reading() == nil)
    }

    @Test func failuresSayWhy() throws {
      let run = try ScriptRun()
      let message = run.failure(of: Self.start + "sweep(a: [1, 0]) { c -> 1 div c.a }")
      let failed = try #require(try run.laboratory.bench.records.reading()).run(-1)
      #expect(failed.status == .failed && failed.error == message)
      #expect(failed.metrics == [])
      // What could not begin is no run.
      _ = run.failure(of: "evaluate(m, on: 7)")
      _ = run.failure(of: "evaluate(m)")
      _ = run.failure(of: "evaluate(m, on: [])")
      #expect(try run.laboratory.bench.records.reading()?.list().count == 1)
      #expect(run.failure(of: "run(99)").contains("there is no run 99; the last one is 1"))
      #expect(try ScriptRun().failure(of: "run()") == "\(RunError.noRuns)")
    }

    /// A recorder that cannot write warns once, and the script goes on.
    @Test func aBrokenPlaceSpoilsNothing() throws {
      try inTemporaryFolder {
        try Data().write(to: URL(fileURLWithPath: "file"))
        let notices = ScriptRun.Notes()
        let run = try ScriptRun(records: RunRecorder(.folder("file/x")) { notices.append($0) })
        try run.run("let m = load(\"minivlm\")\nevaluate(m, on: vqa.test.take(2))\nevaluate(m, on: vqa.test.take(2))")
        #expect(run.text.split(separator: "\n").count == 2)
        #expect(notices.lines.count == 1)
        #expect(run.failure(of: "runs()").contains("cannot use file/x/runs.sqlite"))
      }
    }

    @Test func scriptsReadRuns() throws {
      let run = try ScriptRun()
      #expect(try run.run("runs().kind").rendered(.short) == "[]")
      try run.run("let m = load(\"minivlm\")\nlet share = evaluate(m, on: vqa.test.take(4))")
      #expect(try run.run("run().metrics.accuracy == share").rendered(.short) == "true")
      #expect(try run.run("runs(metrics: true).accuracy == [share]").rendered(.short) == "true")
      #expect(
        try run.run("[run(1).kind, run(-1).status, run(1).model]").rendered(.short)
          == "[\"evaluate\", \"finished\", \"minivlm\"]")
      #expect(try run.run("run(1).data").rendered(.short).hasPrefix("[(argument: \"on\", name: \"vqa.test\", items: 4"))
      let card = try run.run("run(1)").rendered(.full)
      #expect(card.hasPrefix("run 1 · evaluate · finished, ") && card.contains("\n  metrics   accuracy "))
    }
  }
}
