import Bindings
import Foundation
import Interpreter
import Syntax
import Testing
import TestSupport

extension SteeringScripts {
  /// `train` as a script sees it; the arithmetic is tested in the library.
  @Suite struct TrainTests {
    private static let opening = """
      let m = load("minivlm")
      let items = vqa.train.take(8)
      let tilt = .layers[1..2].output on .image.first(2) + .last => mores(rank: 2)

      """

    private func failure(_ text: String) throws -> String {
      try inTemporaryFolder { try ScriptRun().failure(of: Self.opening + text) }
    }

    @Test func whatComesBackIsAnInterventionWithAHistory() throws {
      let run = try ScriptRun()
      try run.run(
        Self.opening + """
          # There is something to learn: the model answers a third of these from the image.
          let seen = conflicts.train.take(8) |> map(fn c -> c with (answer: c.image_answer))
          let trained = train(tilt, model: m, on: seen, steps: 12, batch: 4, lr: 0.02, held_out: seen, every: 6)
          """)
      #expect(try run.run("type(trained)").stringValue == "intervention")
      #expect(try run.shown("len(trained.history)") == "12")
      #expect(try run.shown("trained.history.step[-1]") == "12")
      #expect(try run.shown("trained.history.loss[-1] < trained.history.loss[0]") == "true")
      #expect(try run.shown("trained.history.held_out[4] == nil and trained.history.held_out[5] < 10") == "true")
      #expect(try run.shown("trained.source == tilt.source") == "true")
      #expect(run.failure(of: "tilt.history").contains("history"))
      try run.run("plot(trained.history, y: loss)")
      // Another seed, other parameters and another order.
      try run.run("seed 5")
      try run.run("let other = train(tilt, model: m, on: items, steps: 2, batch: 4)")
      #expect(try run.shown("other.history.loss[0] == trained.history.loss[0]") == "false")
    }

    /// Prompts of the standard library learn, are saved and come back, each where it stands.
    @Test(arguments: [
      "prompt_tuning(4)", "prompt_tuning(2, deep: true)", "vpt(4)", "multimodal_prompts(visual: 2, textual: 2)",
      "m2pt(visual: 2, textual: 2)",
      "(.embeddings on .virtual(2, after: .image) => soft_prompt(deviation: 0.1))",
    ])
    func promptsLearn(_ source: String) throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          Self.opening + """
            let odd = map(items, fn i -> (image: i.image, question: i.question, answer: "star"))
            let tuned = train(\(source), model: m, on: odd, steps: 16, batch: 8, lr: 0.05)
            save(tuned, "prompt.safetensors", model: m)
            let file = open("prompt.safetensors", model: m)
            """)
        #expect(try run.shown("sum(tuned.history.loss[-3..-1]) < 0.95 * sum(tuned.history.loss[0..2])") == "true")
        #expect(try run.shown("parameters(tuned) == parameters(\(source), of: m)") == "true")
        try run.run("let p = prompt(items[0].image, items[0].question)")
        #expect(try run.shown("logits(m with file, p) == logits(m with tuned, p)") == "true")
        #expect(try run.shown("logits(m with tuned, p)[token: .last] == logits(m, p)[token: .last]") == "false")
        #expect(try run.shown("axes(logits(m with tuned, p)[token: .all]) == axes(logits(m, p))") == "true")
      }
    }

    /// An operator of a script learns as one of the library does, constraint and all.
    @Test func operatorsOfScriptsLearn() throws {
      let run = try ScriptRun()
      try run.run(
        Self.opening
          + """
          operator turn(rank = 2) {
            param Q[rank, model] = orthogonal()
            param g[model] = constant(0)
            h -> h + (tanh(Q @ h) @ Q) * g
          }
          let edit = .layers[2].output on .last => turn()
          let trained = train(edit, model: m, on: items, steps: 8, batch: 8, lr: 0.1, decay: 0.1)
          save(trained, "turn.safetensors", model: m)
          let file = open("turn.safetensors", model: m)
          """.replacingOccurrences(
            of: "\"turn.safetensors\"",
            with: "\"\(FileManager.default.temporaryDirectory.path)/turn-\(UUID().uuidString).safetensors\""
          ).split(separator: "\n").dropLast().joined(separator: "\n"))
      #expect(try run.shown("trained.history.loss[-1] < trained.history.loss[0]") == "true")
      #expect(try run.shown("evaluate(m with trained, on: items) > evaluate(m with edit, on: items) - 0.01") == "true")
    }

    /// Ctrl-C in the middle, then `resume`: the bits of a training that was never stopped.
    @Test func interruptedTrainingGoesOn() throws {
      try inTemporaryFolder {
        let training = """
          seed 3
          let trained = train(tilt, model: m, on: items, steps: 8, batch: 3, lr: 0.02, dropout: 0.1, checkpoint: "run.safetensors"
          """
        let straight = try ScriptRun()
        try straight.run(Self.opening + training + ")")
        let expected = try straight.shown("trained.history.loss[-1]")
        try FileManager.default.removeItem(atPath: "run.safetensors")

        let interruption = Interruption()
        let notes = ScriptRun.Notes()
        let laboratory = try Laboratory(
          output: { _ in }, interruption: interruption,
          bench: Workbench(
            notify: { notes.append($0) },
            progress: { label, done, _, note in
              #expect(label == "train")
              #expect(note.contains("loss ") && note.contains(" · lr "))
              if done == 5 { interruption.request() }
            }))
        func run(_ text: String) throws -> Value {
          try laboratory.session.evaluate(SourceText(name: "<test>", text), mode: .prompt)
        }
        #expect { _ = try run(Self.opening + training + ")") } throws: { ($0 as? ScriptError)?.isInterruption == true }
        #expect(
          notes.lines.contains {
            $0.contains("training was stopped after 5 of 8 steps; go on with `resume: \"run.safetensors\"`")
          }, "\(notes.lines)")
        interruption.clear()
        // The session is as it was, and what was learned is there.
        #expect(try run("len(unfinished().history)").rendered(.short) == "5")
        #expect(try run("evaluate(m with unfinished(), on: items) >= 0").rendered(.short) == "true")
        _ = try run(training + ", resume: \"run.safetensors\")")
        #expect(try run("trained.history.loss[-1]").rendered(.short) == expected)
        #expect(try run("len(trained.history)").rendered(.short) == "8")
        #expect { try run("unfinished()") } throws: { "\($0)".contains("no training of this session was stopped") }
      }
    }

    @Test func mistakesAreSaidBeforeTraining() throws {
      func fails(_ words: String, _ call: String) throws {
        let message = try failure(call)
        #expect(message.contains(words), "\(message)")
      }
      try fails("there is nothing to learn from", "train(tilt, model: m, on: [])")
      try fails(
        "item 1: it has no `answer` to learn", "train(tilt, model: m, on: [items[0], prompt(\"tell me the color .\")])")
      try fails(
        "item 0: the model's vocabulary has no word \"mauve\"",
        "train(tilt, model: m, on: [(question: \"tell me the color .\", answer: \"mauve\")])")
      try fails("item 0: an item of a data set is a prompt or has", "train(tilt, model: m, on: [(colour: 3)])")
      try fails("has no parameters to train", "train(.layers[1].output on .last => zero(), model: m, on: items)")
      try fails(
        "the loss does not depend on `edit0.layers[5].output.R`",
        "train(.layers[5].output on .image => mores(), model: m, on: items)")
      try fails(
        "selects no token in any item", "train(.layers[1].output on .word(\"pink\") => mores(), model: m, on: items)")
      try fails("`epochs` of `train` says how long", "train(tilt, model: m, on: items, steps: 2, epochs: 1)")
      try fails("must be one of \"adamw\", \"adam\", \"sgd\"", "train(tilt, model: m, on: items, optimiser: \"lion\")")
      try fails("`lr` is 0", "train(tilt, model: m, on: items, lr: 0)")
      try fails("`every` of `train` needs `held_out`", "train(tilt, model: m, on: items, every: 2)")
      try fails("`cycles` of `train` restarts", "train(tilt, model: m, on: items, schedule: \"linear\", cycles: 2)")
      try fails("items without end", "train(tilt, model: m, on: mix(), epochs: 1)")
      try fails("there is no such file", "train(tilt, model: m, on: items, resume: \"nowhere.safetensors\")")
      try fails("must be an intervention", "train(3, model: m, on: items)")
    }

    @Test func aLossThatIsNoNumberIsExplained() throws {
      let run = try ScriptRun()
      let message = run.failure(
        of: Self.opening + """
          train(.layers[1].output on .last => noreft(), model: m, on: items, steps: 9, batch: 4, lr: 1e30, clip: nil,
            schedule: "constant")
          """)
      #expect(message.contains(" became ") && message.contains("in the batch of items"), "\(message)")
      #expect(message.contains("the largest activations: `layers["), "\(message)")
      #expect(try run.run("unfinished().source").stringValue == ".layers[1].output on .last => noreft()")
    }
  }
}

extension ScriptRun {
  /// The last value of a source, as one line.
  fileprivate func shown(_ text: String) throws -> String { try run(text).rendered(.short) }
}
