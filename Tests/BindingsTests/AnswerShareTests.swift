import Bindings
import Interpreter
import Testing

extension SteeringScripts {
  /// `accuracy` and `collapse` against their definitions, answer by answer.
  @Suite struct AnswerShareTests {
    @Test func sharesAreCountsOfAnswers() throws {
      let run = try ScriptRun()
      try run.run(
        """
        seed 2
        let m = load("minivlm")
        let data = conflicts.test.take(24)
        let push = m with .layers[2].output on .last + .generated => add(normal(model: 96), strength: 60)
        let given = fn model -> data |> map(fn c -> generate(model, prompt(c.image, c.question)))
        let share = fn hits -> (hits |> filter(fn hit -> hit) |> len) / 24
        fn check(model) {
          let answers = given(model)
          let pairs = zip(list(data), answers)
          let image = share(pairs |> map(fn p -> p[1].finished and p[1].text == p[0].image_answer))
          let text = share(pairs |> map(fn p -> p[1].finished and p[1].text == p[0].text_answer))
          expect accuracy(model, data, of: "image") == image
          expect accuracy(model, data) == image
          expect accuracy(model, data, of: "text") == text
          expect abs(collapse(model, data) - (1 - image - text)) < 1e-9
          (collapse: collapse(model, data), unfinished: share(answers |> map(fn a -> not a.finished)))
        }
        let plain = check(m)
        let pushed = check(push)
        expect plain.collapse < 0.1
        expect pushed.collapse > 0.2
        """)
      // Answers without an end are among them.
      #expect(try run.run("pushed.unfinished > 0").rendered(.short) == "true")
    }

    @Test func itemsNeedTheAnswersThatAreAskedFor() throws {
      let run = try ScriptRun()
      try run.run("let m = load(\"minivlm\")")
      #expect(
        run.failure(of: "accuracy(m, vqa.test.take(2), of: \"image\")").contains("`image_answer`; item 0 has none"))
      #expect(run.failure(of: "collapse(m, vqa.test.take(2))").contains("`image_answer`"))
      #expect(run.failure(of: "accuracy(m, [prompt(\"what is two plus two ?\")])").contains("`answer`"))
      #expect(
        try run.run("accuracy(m, vqa.test.take(30)) == evaluate(m, on: vqa.test.take(30))").rendered(.short) == "true")
      // Items of one's own.
      let own = "[(question: \"what is two plus two ?\", image_answer: \"four\", text_answer: \"five\")]"
      #expect(try run.run("accuracy(m, \(own), of: \"image\")").rendered(.short) == "1.0")
      #expect(try run.run("collapse(m, \(own))").rendered(.short) == "0.0")
    }
  }
}
