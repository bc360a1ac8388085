import Bindings
import Testing

extension SteeringScripts {
  /// Operators that see what a linear map reads: `h, x -> …` and `h, x, prompt -> …` at its weight.
  @Suite struct MapOperatorTests {
    private static let setting = """
      let m = load("minivlm")
      let items = vqa.train.take(6)
      let prompts = items |> map(fn q -> prompt(q.image, q.question))
      fn difference(a, b) = max(prompts |> map(fn p -> max(abs(logits(a, p) - logits(b, p)))))
      # The map once more, from what it reads.
      operator twice() {
        param W[site] = itself()
        h, x -> h + dot(x, W, over: input)
      }
      operator pulled(by = 0.3) {
        param g[output] = gaussian(1)
        h, x, prompt -> h * (1 + by * tanh(dot(x, mean(prompt, over: token), over: input)) * g)
      }
      """

    private func value(_ source: String) throws -> Double {
      let run = try ScriptRun()
      try run.run(Self.setting)
      return try #require(try run.run(source).doubleValue)
    }

    /// At every map of every stack: what a map gives and reads are its own.
    @Test(arguments: [
      ".layers[1].linears", ".layers[0, 5].mlp.linears", ".vision.layers[1].linears",
      ".projector.hidden.weight", ".projector.output.weight",
    ])
    func twiceIsTheWeightTwice(_ weights: String) throws {
      let found = try value("difference(m with \(weights) => twice(), m with \(weights) => scale(2))")
      #expect(found < 2e-4)
      #expect(try value("difference(m with \(weights) => twice(), m)") > 1e-2)
    }

    @Test func aShareOfItIsAShare() throws {
      let weights = ".layers[2].attention.output.weight"
      #expect(
        try value("difference(m with 0.5 * (\(weights) => twice()), m with \(weights) => scale(1.5))") < 2e-4)
      #expect(try value("difference(m with 0 * (\(weights) => twice()), m)") == 0)
    }

    /// The prompt's tokens decide, in whatever pieces the positions are computed and whatever else is in the batch.
    @Test func generationIsThatOfTheWholeSequence() throws {
      let run = try ScriptRun()
      try run.run(Self.setting)
      try run.run(
        """
        seed 5
        let steered = m with .layers[*].linears => pulled(by: 1)
        let together = ask(steered, prompts, max: 6)
        let alone = prompts |> map(fn p -> ask(steered, p, max: 6))
        """)
      #expect(try run.run("together == alone").rendered(.short) == "true")
      #expect(try run.run("together != ask(m, prompts, max: 6)").rendered(.short) == "true")
      // What was generated a token at a time has the logits of the whole sequence in one pass.
      let worst = try run.run(
        """
        max(0..<6 |> map(fn i -> {
          let found = generate(steered, prompts[i], max: 6)
          let item = (image: items[i].image, question: items[i].question, answer: found.text)
          let loss = train(
            .layers[0].output on .last => red(), model: steered, on: [item], steps: 1, batch: 1,
            end: if found.finished { 1 } else { 0 }, lr: 1e-9,
          ).history.loss[0]
          abs(loss + sum(found.logprobs))
        }))
        """)
      #expect(try #require(worst.doubleValue) < 1e-4)
    }

    /// Runs that share what no edit reaches, and blocks that are run a second time.
    @Test func sharingAndRecomputingChangeNothing() throws {
      let run = try ScriptRun()
      try run.run(Self.setting)
      try run.run(
        """
        seed 6
        let late = .layers[3..4].linears => pulled(by: 9)
        let shares = [0.2, 0.5, 1]
        fn answers(s) = join(ask(m with s * late, prompts, max: 5), ", ")
        fn losses(again) {
          seed 7
          train(
            .layers[1..2].linears => mixlora(rank: 1, factors: 3), model: m with late, on: items, steps: 3, batch: 4,
            recompute: again, dropout: 0.1,
          ).history.loss
        }
        """)
      #expect(
        try run.run("map(list(sweep(s: shares) { c -> answers(c.s) }), fn row -> row.value) == map(shares, answers)")
          .rendered(.short) == "true")
      #expect(try run.run("unique(map(shares, answers)) |> len").doubleValue == 3)
      #expect(try run.run("losses(false) == losses(true)").rendered(.short) == "true")
    }

    @Test func mixLoRAStartsAsNothingAndLearns() throws {
      let run = try ScriptRun()
      try run.run(Self.setting)
      try run.run(
        """
        seed 3
        let edit = .layers[1..4].linears => mixlora(rank: 2, factors: 4)
        let learned = train(edit, model: m, on: items |> map(fn q -> q with (answer: "star")), steps: 12, batch: 6, lr: 1e-2)
        """)
      #expect(try run.run("difference(m with edit, m)").doubleValue == 0)
      let losses = try #require(try run.run("learned.history.loss[0] - learned.history.loss[-1]").doubleValue)
      #expect(losses > 1)
      // A, two routers and the conditional router read, B writes: (E + 2 E + r E) i + E o.
      #expect(
        try run.run("parameters(.layers[0].attention.query.weight => mixlora(rank: 2, factors: 4), of: m)").doubleValue
          == Double(4 * (1 + 2 + 2) * 96 + 4 * 96))
    }

    @Test func itIsSavedAndPrintedAsOtherEditsOfWeights() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(Self.setting)
        try run.run(
          """
          seed 4
          let edit = .layers[2].linears => pulled(by: 0.5)
          save(edit, "pulled.safetensors", model: m)
          let read = open("pulled.safetensors", model: m)
          """)
        #expect(try run.run("difference(m with edit, m with read)").doubleValue == 0)
        #expect(try run.run("difference(m with edit, m)").doubleValue ?? 0 > 1e-3)
        #expect(try run.run("\"{edit}\" == \"{read}\"").rendered(.short) == "true")
        #expect(try run.run("\"{edit}\"").stringValue?.contains(".layers[2].linears => pulled(by: 0.5)") == true)
      }
    }
  }
}
