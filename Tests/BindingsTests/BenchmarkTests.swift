import Bindings
import Datasets
import Foundation
import Interpreter
import Synchronization
import TestSupport
import Testing

extension SteeringScripts {
  /// `evaluate` on benchmarks: the embedded model on hand-made records. The scores mean nothing; the way to them is the real one.
  @Suite struct BenchmarkTests {
    private static func folder(_ name: String) -> String { fixture("benchmarks/\(name)").path }
    /// Questions of the fixtures are in the embedded model's words, the papers' instructions are not.
    private static let bare = "let m = load(\"minivlm\")\nlet bare = fn r -> r.question\n"

    private func text(_ run: ScriptRun, _ source: String) throws -> String { try run.run(source).rendered(.short) }

    @Test func popeFromEndToEnd() throws {
      let run = try ScriptRun()
      try run.run(Self.bare + "let b = pope(\"\(Self.folder("pope"))\")\nlet e = evaluate(m, on: b, prompt: bare)")
      #expect(try text(run, "b") == "POPE: 15 questions")
      #expect(try text(run, "type(b)") == "\"benchmark\"" && text(run, "b.take(4).len") == "4")
      #expect(
        try text(run, "b.first") == "question random-1: ‹image› is the object a star ? → yes")
      #expect(
        try text(run, "b.first.prompt")
          == "\"is the object a star ?\\nAnswer the question using a single word or phrase.\"")
      #expect(try text(run, "e.count") == "15")
      #expect(try text(run, "e.metrics.part") == #"["random", "popular", "adversarial", "average"]"#)
      #expect(try text(run, "e.metrics |> type") == "\"table\"")
      // What evaluate says is what asking says.
      try run.run(
        """
        let said = m.ask(b.map(fn r -> prompt(r.image, r.question)))
        expect e.answers.answer == said
        let right = b.enumerate |> map(fn r -> if (said[r.index] == "no") == (r.value.answer == "no") { 1 } else { 0 })
        expect abs(e.score - mean(right)) < 1e-12
        expect evaluate(m, on: b.take(5), prompt: bare).score == evaluate(m, on: pope("\(Self.folder("pope"))", split: "random"), prompt: bare).score
        """)
      let shown = try run.run("e").rendered(.full)
      for name in ["Accuracy", "Precision", "Recall", "F1 score", "Yes ratio"] { #expect(shown.contains(name)) }
    }

    /// What chooses or orders questions still gives a benchmark, which is scored by its own rules.
    @Test func partsAreBenchmarks() throws {
      let run = try ScriptRun()
      try run.run(Self.bare + "let b = pope(\"\(Self.folder("pope"))\")")
      for part in [
        "b.take(3)", "b[2..4]", "b.shuffle(seed: 1)", "b.filter(fn r -> r.answer == \"no\")",
        "b.split(0.5, seed: 2)[1]",
      ] {
        #expect(try text(run, "type(\(part))") == "\"benchmark\"", "\(part)")
      }
      try run.run(
        """
        expect sort(b.shuffle(seed: 1).id) == sort(b.id) and b.shuffle(seed: 1).id != b.id
        expect len(b.filter(fn r -> r.answer == "no")) == 6
        let parts = b.split([1, 2], seed: 2)
        expect parts.map(fn p -> len(p)) == [5, 10] and sort(concat(parts[0].id, parts[1].id)) == sort(b.id)
        expect abs(evaluate(m, on: b.shuffle(seed: 1), prompt: bare).score - evaluate(m, on: b, prompt: bare).score) < 1e-12
        """)
    }

    /// Stopped anywhere, a run goes on where it was, with the same file in the end.
    @Test func resuming() throws {
      try inTemporaryFolder {
        let evaluate = "evaluate(m, on: pope(\"\(Self.folder("pope"))\"), prompt: bare, to: \"rows.jsonl\")"
        let run = try ScriptRun()
        try run.run(Self.bare + "let whole = \(evaluate)")
        let file = URL(fileURLWithPath: "rows.jsonl")
        let complete = try Data(contentsOf: file)
        #expect(complete.count { $0 == 10 } == 15)
        for kept in [0, 1, complete.count / 2, complete.count - 1, complete.count] {
          try complete.prefix(kept).write(to: file)
          try run.run("let again = \(evaluate)\nexpect again.score == whole.score")
          #expect(try Data(contentsOf: file) == complete, "after \(kept) bytes")
        }
        #expect(run.notices.lines.contains { $0.contains("goes on with 15 of 15 answers in rows.jsonl") })
        #expect(
          run.failure(
            of: evaluate.replacingOccurrences(of: "(m,", with: "(m with .layers[1].output on .last => scale(0.5),")
          ).contains("holds another evaluation: its model has other interventions"))
        #expect(
          run.failure(of: evaluate.replacingOccurrences(of: "\"), prompt", with: "\").take(3), prompt")).contains(
            "it has 15 questions, here are 3"))
        try Data("{\"id\": \"x\", \"answer\": \"no\"}\n{}\n".utf8).write(to: file)
        #expect(run.failure(of: evaluate).contains("rows.jsonl: line 1 is no answer of this evaluation"))
        try FileManager.default.removeItem(atPath: "rows.jsonl.evaluation")
        #expect(run.failure(of: evaluate).contains("nothing says which evaluation it is of"))
        #expect(
          run.failure(of: evaluate.replacingOccurrences(of: ".jsonl", with: ".csv")).contains("must end in .jsonl"))
      }
    }

    /// Ctrl-C keeps what is done; the next run asks the rest.
    @Test func interrupting() throws {
      try inTemporaryFolder {
        let interruption = Interruption()
        let notes = Mutex<[String]>([])
        let seen = Mutex<[String]>([])
        let bench = Workbench(
          notify: { line in notes.withLock { $0.append(line) } },
          progress: { label, done, total, note in
            seen.withLock { $0.append("\(label) \(done)/\(total) \(note)") }
            if done == 8 { interruption.request() }
          })
        let laboratory = try Laboratory(output: { _ in }, interruption: interruption, bench: bench)
        let call = "let e = evaluate(m, on: pope(\"\(Self.folder("pope"))\"), prompt: bare, to: \"rows.jsonl\")"
        _ = try? laboratory.session.evaluate(.init(name: "<test>", Self.bare + call), mode: .prompt)
        #expect(notes.withLock { $0 }.contains("warning: evaluate was stopped; the figures are of 8 of 15 answers"))
        #expect(seen.withLock { $0 }.contains { $0.hasPrefix("evaluate POPE 8/15 score ") })
        #expect(try Data(contentsOf: URL(fileURLWithPath: "rows.jsonl")).count { $0 == 10 } == 8)
        let run = try ScriptRun()
        try run.run(Self.bare + call)
        #expect(run.notices.lines.contains { $0.contains("goes on with 8 of 15") })
        #expect(try text(run, "e.count") == "15")
      }
    }

    @Test func answerFilesAreWritten() throws {
      try inTemporaryFolder {
        try ScriptRun().run(
          Self.bare + "evaluate(m, on: pope(\"\(Self.folder("pope"))\"), prompt: bare, answers: \"out\")")
        let names = try FileManager.default.contentsOfDirectory(atPath: "out").sorted()
        #expect(names == ["adversarial", "popular", "random"].map { "pope_\($0)_answers.jsonl" })
        let lines = try String(contentsOfFile: "out/pope_random_answers.jsonl", encoding: .utf8).split(separator: "\n")
        #expect(
          lines.count == 5 && lines[0].hasPrefix(#"{"question_id":1,"question":"is the object a star ?","answer":"#))
      }
    }

    /// One error for all pictures that are not there.
    @Test func halfTheImages() throws {
      try inTemporaryFolder {
        try FileManager.default.copyItem(atPath: Self.folder("pope"), toPath: "pope")
        try FileManager.default.removeItem(atPath: "pope/val2014/COCO_val2014_000000000002.jpg")
        try FileManager.default.removeItem(atPath: "pope/val2014/COCO_val2014_000000000003.jpg")
        let run = try ScriptRun()
        try run.run(Self.bare)
        #expect(
          run.failure(of: "evaluate(m, on: pope(\"pope\"), prompt: bare)") == "POPE: 2 of 3 images are missing: "
            + "pope/val2014/COCO_val2014_000000000002.jpg, pope/val2014/COCO_val2014_000000000003.jpg; fetch them, or take a "
            + "part of the benchmark that has its images")
        try run.run("expect evaluate(m, on: pope(\"pope\").take(1), prompt: bare).count == 1")
      }
    }

    @Test func wrongFoldersAndArguments() throws {
      try inTemporaryFolder {
        try FileManager.default.createDirectory(atPath: "empty", withIntermediateDirectories: true)
        let run = try ScriptRun()
        try run.run(Self.bare)
        for (name, _) in BenchmarkCatalog.readers {
          #expect(
            run.failure(of: "\(name)(\"nowhere\")").contains("nowhere: there is no such folder; expected "), "\(name)")
          #expect(run.failure(of: "\(name)(\"empty\")").hasPrefix("empty"), "\(name)")
        }
        let pope = "pope(\"\(Self.folder("pope"))\""
        #expect(
          run.failure(of: pope + ", split: \"easy\")").contains("split must be one of random, popular, adversarial"))
        #expect(run.failure(of: "evaluate(m, on: \(pope)).take(0))").contains("is empty"))
        #expect(run.failure(of: "evaluate(m, on: \(pope)), prompt: fn r -> 3)").contains("must return a string"))
        #expect(run.failure(of: "evaluate(m, on: \(pope)))").contains("Answer"))
        #expect(run.failure(of: "evaluate(m, on: vqa.test.take(2), to: \"a.jsonl\")").contains("is for benchmarks"))
      }
    }

    /// Each of them is asked for real, by text or by likelihood, in words that the embedded model knows.
    @Test(arguments: BenchmarkCatalog.readers.map(\.name)) func everyBenchmarkRuns(_ name: String) throws {
      try inTemporaryFolder {
        // Letters it does not know: a copy takes them for four other words.
        if name == "mmlu" { try Self.lettered("m") }
        let run = try ScriptRun()
        try run.run(
          """
          let b = \(name)("\(Self.folder(name))")
          let e = evaluate(load("\(name == "mmlu" ? "m" : "minivlm")"), on: b, prompt: fn r -> "what color is the object ?")
          expect e.count == len(b)
          """)
        #expect(!(try run.run("e").rendered(.full)).isEmpty)
      }
    }

    private static func lettered(_ folder: String) throws {
      let model = repositoryRoot.appendingPathComponent("Sources/CEmbedded/minivlm").path
      try FileManager.default.copyItem(atPath: model, toPath: folder)
      var tokenizer = try String(contentsOfFile: "\(folder)/tokenizer.json", encoding: .utf8)
      for (word, letter) in zip(["ant", "coal", "frog", "fish"], ["A", "B", "C", "D"]) {
        #expect(tokenizer.contains("\"\(word)\":"))
        tokenizer = tokenizer.replacingOccurrences(of: "\"\(word)\":", with: "\"\(letter)\":")
      }
      try tokenizer.write(toFile: "\(folder)/tokenizer.json", atomically: true, encoding: .utf8)
    }

    /// Likelihoods are those of the tokens' logits: of whole endings behind a plain text, of single words behind a conversation.
    @Test func likelihoodsAreThoseOfTheLogits() throws {
      try inTemporaryFolder {
        _ = try ScriptRun().run(
          Self.bare + """
            let question = "what color is the object ?"
            evaluate(m, on: hellaswag("\(Self.folder("hellaswag"))"), prompt: fn r -> question, to: "h.jsonl")
            let ending = fn words -> {
              let rows = log_softmax(logits(m, prompt("{question} {words}", template: "plain")), over: vocab)
              let ids = tokens(m, words)
              ids |> enumerate |> map(fn t -> rows[token: t.index - len(ids) - 1][vocab: t.value]) |> sum
            }
            let found = data("h.jsonl").first.log_probabilities
            for pair in zip(found, ["is red .", "is a blue ring .", "is on the top .", "is a dog ."]) {
              expect abs(pair[0] - ending(pair[1])) < 1e-4
            }
            let b = seed_bench("\(Self.folder("seed_bench"))", by: "likelihood")
            evaluate(m, on: b, to: "s.jsonl")
            let first = log_softmax(logits(m, prompt(b.first.image, b.first.question))[token: -1], over: vocab)
            for pair in zip(data("s.jsonl").first.log_probabilities, b.first.choices) {
              expect abs(pair[0] - first[vocab: tokens(m, pair[1]).first]) < 1e-4
            }
            """)
      }
    }
  }
}
