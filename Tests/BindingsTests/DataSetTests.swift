import Bindings
import Foundation
import Interpreter
import Testing
import TestSupport

extension SteeringScripts {
  /// Data sets in scripts: what they are asked wrongly, and what holds of all of them.
  @Suite struct DataSetTests {
    private func failure(_ text: String) throws -> String { try ScriptRun().failure(of: text) }

    @Test func unknownNames() throws {
      #expect(try failure("question_set(\"vqas\")").contains("one of \"vqa\", \"yes_no\""))
      #expect(
        try failure("vqa(phrasing: \"base\")").contains("`vqa` has no option `phrasing`; it takes attribute, seed"))
      #expect(try failure("vqa(attribute: \"colour\")").contains("has shape, color"))
      #expect(try failure("vqa(attribute: 3)").contains("option `attribute` of `vqa` must be a string, found an int"))
      #expect(try failure("vqa(seed: \"a\")").contains("must be an int"))
      #expect(try failure("vqa(\"pattern\")").contains("by name"))
      #expect(try failure("knowledge(seed: 1)").contains("it takes no options"))
      #expect(try failure("yes_no(phrasing: \"rude\")").contains("base, reordered, visible"))
      #expect(try failure("conflicts(prompt: \"audio\")").contains("\"neutral\", \"image\", \"text\""))
      #expect(try failure("vqa.test.answers").contains("answers"))
      #expect(try failure("vqa.testing").contains("test"))
      #expect(try failure("scenes(split: \"dev\")").contains("\"train\", \"validation\", \"test\""))
      #expect(try failure("phrase(\"base\", \"cat\")").contains("circle, square"))
      #expect(try failure("misclassification(\"cat\")").contains("shape cannot be \"cat\""))
      #expect(try failure("misalignment(\"star\", to: \"star\")").contains("pass for itself"))
      #expect(try failure("vqa.test.first.prompted(\"image\")").contains("must be a conflict"))
      #expect(try failure("conflicts.test.first.prompted(\"image\", style: \"song\")").contains("\"thought\""))
      #expect(try failure("mix(shares: (songs: 1))").contains("no questions of the kind \"songs\""))
      #expect(try failure("mix(shares: (text: -1))").contains("numbers from 0 on"))
      #expect(try failure("mix(shares: (text: \"a\"))").contains("`text` is a string"))
      #expect(try failure("mix(vqa.train)").contains("scenes(split: \"train\")"))
      #expect(try failure("mix(scenes(split: \"train\").take(0))").contains("at least one scene"))
    }

    @Test func endlessSets() throws {
      for use in ["len", "list", "last", "map(fn i -> i.kind)", "filter(fn i -> true)"] {
        #expect(try failure("mix().\(use)").contains("has no end; take some of it"), "\(use)")
      }
      #expect(try failure("mix()[-1]").contains("an end that is not there"))
      #expect(try failure("evaluate(load(\"minivlm\"), on: mix())").contains("has no end; take some of it"))
      let run = try ScriptRun()
      #expect(try run.run("len(mix().drop(10).take(5))").rendered(.short) == "5")
      #expect(try run.run("mix().drop(10)[2].question == mix()[12].question").rendered(.short) == "true")
      #expect(try run.run("mix(count: 7).drop(5).len").rendered(.short) == "2")
      #expect(try run.run("type(mix())").rendered(.short) == "\"endless data set\"")
    }

    /// An error about an item says which.
    @Test func badItems() throws {
      let evaluate = "evaluate(load(\"minivlm\"), on: "
      #expect(try failure(evaluate + "[])").contains("is empty"))
      #expect(try failure(evaluate + "vqa.test.take(0))").contains("is empty"))
      #expect(try failure(evaluate + "[vqa.test.first, 3])").contains("item 1"))
      #expect(try failure(evaluate + "[vqa.test.first, (answer: \"a\")])").contains("item 1"))
      #expect(try failure(evaluate + "[(question: \"what is two plus two ?\")])").contains("item 0 has none"))
      #expect(
        try failure(evaluate + "[(question: \"what is two plus two ?\", answer: 4)])").contains("must be a string"))
      #expect(
        try failure(evaluate + "[(question: \"what is two plus two ?\", answer: \"four\", weight: -1)])")
          .contains("`weight` of an item must be a number from 0 on, found -1"))
      #expect(
        try failure(evaluate + "[(question: \"what is this ?\", image: \"cat.png\", answer: \"a\")])").contains("image")
      )
    }

    /// The image of a scene is one and the same wherever it comes from, and what is asked of the model is the same for
    /// an item, for the record of its fields, and for a prompt.
    @Test func itemsAndRecordsAskTheSame() throws {
      let run = try ScriptRun()
      try run.run(
        """
        let m = load("minivlm")
        let items = vqa.test.take(6)
        let records = items |> map(fn i -> (image: i.image, question: i.question, answer: i.answer))
        let prompts = items |> map(fn i -> prompt(i.image, i.question))
        expect m.ask(items) == m.ask(records)
        expect m.ask(items) == m.ask(prompts)
        expect evaluate(m, on: items) == evaluate(m, on: records)
        expect items[2].image == scenes(split: "test")[2].image
        """)
    }

    /// Items group by role where they have one.
    @Test func rolesAreRows() throws {
      let value = try ScriptRun().run(
        """
        let m = load("minivlm")
        let items = misalignment("star", to: "bar").test.take(12)
        compare(m, m, on: items)
        """)
      #expect(value.rendered(.full).contains("own") && value.rendered(.full).contains("other"))
    }
  }
}
