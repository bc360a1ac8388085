import Bindings
import Testing

extension SteeringScripts {
  /// Operators that see what the vision tower made of visual prompts: `h, v -> …` at activations of the decoder.
  @Suite struct InteractionTests {
    private static let setting = """
      let m = load("minivlm")
      let items = vqa.train.take(4)
      let prompts = items |> map(fn q -> prompt(q.image, q.question))
      let layer = .embeddings on .virtual(3, before: .image) => interaction()
      """

    @Test func theLayerStandsBetweenTheModalities() throws {
      let run = try ScriptRun()
      try run.run(Self.setting)
      try run.run("seed 4\nlet steered = m with vpt(3) + layer")
      // W and b; the visual prompts are 3 × 96.
      #expect(try run.run("parameters(vpt(3) + layer, of: m)").doubleValue == Double(96 * 96 + 96 + 3 * 96))
      #expect(try run.shown("mark(steered, prompts[0], .virtual)").contains("‹virtual 3: 3 selected› ‹image 16"))
      #expect(
        try run.shown("ask(steered, prompts, max: 5) == (prompts |> map(fn p -> ask(steered, p, max: 5)))") == "true")
      #expect(try run.shown("ask(steered, prompts, max: 5) == ask(m, prompts, max: 5)") == "false")
      // Without an image m2pt is its textual prompts.
      try run.run("let sum = prompt(\"what is three plus four ?\")\nlet both = m2pt(visual: 3, textual: 2)")
      #expect(try run.shown("mark(m with both, sum, .virtual)").contains("2 tokens of"))
      #expect(try run.shown("len(ask(m with both, sum)) > 0") == "true")
    }

    /// One operator of a script that looks at rows and edits another number of positions, also generated ones.
    @Test func operatorsOfScriptsLookAtThem() throws {
      let run = try ScriptRun()
      try run.run(Self.setting)
      try run.run(
        """
        operator hint(by = 1) {
          param W[model, input] = gaussian(0.1)
          h, v -> h + by * (W @ mean(v, over: token))
        }
        seed 2
        let steered = m with vpt(2, deep: true) + (.layers[2..3].output on .all + .generated => hint())
        """)
      #expect(
        try run.shown("ask(steered, prompts, max: 5) == (prompts |> map(fn p -> ask(steered, p, max: 5)))") == "true")
      #expect(try run.shown("max(abs(logits(steered, prompts[0]) - logits(m, prompts[0]))) > 0.1") == "true")
    }

    @Test(arguments: [
      (
        "logits(m with layer, prompts[0])",
        "nothing adds such rows to the images of sample 0; add them, as with `vpt(4)`"
      ),
      (
        "logits(m with vpt(2) + layer, prompts[0])",
        "makes 2 rows, one for each virtual row of the sample's image, and 3 are"
      ),
      (
        "logits(m with vpt(3) + (.embeddings on .virtual(3) => interaction()), prompt(\"what is three plus four ?\"))",
        "has no image; place what it edits next to one"
      ),
      (
        "m with (.vision.embeddings on .virtual(3) => interaction())",
        "with two arguments also at activations of the decoder"
      ),
      ("logits(m with .layers[0].attention.query.weight => interaction(), prompts[0])", "it must return"),
      ("m with (.layers[0].output on .last => mixlora())", "is not the weight of one"),
    ])
    func whatCannotBeIsSaid(_ source: String, _ words: String) throws {
      let run = try ScriptRun()
      try run.run(Self.setting)
      let message = run.failure(of: source)
      #expect(message.contains(words), "\(message)")
    }
  }
}

extension ScriptRun {
  fileprivate func shown(_ text: String) throws -> String { try run(text).rendered(.short) }
}
