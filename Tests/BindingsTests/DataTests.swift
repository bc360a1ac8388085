import Bindings
import Foundation
import Interpreter
import TestSupport
import Testing

extension SteeringScripts {
  /// `data`, and the words of lists on it.
  @Suite struct DataTests {
    private func text(_ source: String, files: [String: String] = [:]) throws -> String {
      try inTemporaryFolder {
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: name)) }
        return try ScriptRun().run(source).rendered(.short)
      }
    }

    private func failure(_ source: String, files: [String: String] = [:]) throws -> String {
      try inTemporaryFolder {
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: name)) }
        return try ScriptRun().failure(of: source)
      }
    }

    private static let numbers = ["n.jsonl": (0..<10).map { "{\"n\": \($0)}\n" }.joined()]

    @Test func wordsOfLists() throws {
      func text(_ source: String) throws -> String { try self.text("data(\"n.jsonl\")" + source, files: Self.numbers) }
      #expect(try text(".len") == "10")
      #expect(try text("[3].n") == "3" && text("[-1].n") == "9" && text(".last.n") == "9")
      #expect(try text(".n") == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]")
      #expect(try text(".take(3).n") == "[0, 1, 2]" && text(".drop(8).n") == "[8, 9]")
      #expect(try text("[2..4].n") == "[2, 3, 4]")
      #expect(try text(" |> map(fn r -> r.n * 2) |> take(3) |> list") == "[0, 2, 4]")
      #expect(try text(" |> filter(fn r -> r.n % 3 == 0) |> map(fn r -> r.n) |> list") == "[0, 3, 6, 9]")
      #expect(try text(" |> filter(fn r -> r.n > 7) |> len") == "2")
      #expect(try text(" |> map(fn r -> r.n) |> batch(4) |> list") == "[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]")
      #expect(try text(" |> map(fn r -> r.n) |> sum") == "45")
      #expect(try text(".split(0.75).map(fn p -> len(p))") == "[8, 2]")
      #expect(try text(".split([5, 3, 2]).map(fn p -> p.n)") == "[[0, 1, 2, 3, 4], [5, 6, 7], [8, 9]]")
      #expect(try text(".filter(fn r -> false).take(2) |> list") == "[]")
    }

    /// The order of a shuffle depends on the seed and the count; every item comes once, in the parts of a split, too.
    @Test func shuffling() throws {
      let shuffled = try text("data(\"n.jsonl\").shuffle(seed: 3).n", files: Self.numbers)
      #expect(shuffled == (try text("shuffle(list(0..9), seed: 3)")))
      #expect(shuffled != (try text("shuffle(list(0..9), seed: 4)")))
      #expect(try text("sort(shuffle(list(0..9), seed: 3)) == list(0..9)") == "true")
      let parts = "data(\"n.jsonl\").split(0.7, seed: 3)"
      #expect(
        try text("concat(\(parts)[0].n, \(parts)[1].n) == shuffle(list(0..9), seed: 3)", files: Self.numbers) == "true")
      #expect(
        try text("sort(vqa.test.take(20).shuffle(seed: 1).question) == sort(vqa.test.take(20).question)") == "true")
    }

    /// A bad record is an error when its turn comes, and not before.
    @Test func aBadRecordComesInItsTurn() throws {
      let files = ["a.jsonl": "{\"n\": 1}\n{\"n\": 2}\n{\"n\"}\n{\"n\": 4}\n"]
      #expect(try text("data(\"a.jsonl\").take(2).n", files: files) == "[1, 2]")
      #expect(try text("data(\"a.jsonl\").len", files: files) == "4")
      #expect(try failure("data(\"a.jsonl\").n", files: files).hasPrefix("a.jsonl:3:5: expected"))
      #expect(
        try failure("data(\"a.jsonl\") |> filter(fn r -> r.n > 1) |> list", files: files).hasPrefix("a.jsonl:3:5"))
      #expect(
        try failure("data(\"a.jsonl\") |> filter(fn r -> r.m > 1) |> list", files: files).contains("no field `m`"))
      #expect(try failure("data(\"a.jsonl\") |> filter(fn r -> r.n) |> list", files: files).contains("true or false"))
    }

    @Test func wrongArguments() throws {
      #expect(try failure("data(\"a.jsonl\")").contains("a.jsonl: there is no such file"))
      #expect(try failure("data(3)").contains("must be the path of a file or folder, or a list of records"))
      #expect(try failure("data(\"n.jsonl\").split(2)", files: Self.numbers).contains("a share such as 0.8"))
      #expect(try failure("data(\"n.jsonl\").split(\"a\")", files: Self.numbers).contains("a share such as 0.8"))
      #expect(try failure("data(\"n.jsonl\").batch(0)", files: Self.numbers).contains("at least 1"))
      #expect(try failure("data(\"n.jsonl\")[10]", files: Self.numbers).contains("which has 10 items"))
      #expect(try failure("mix() |> shuffle").contains("has no end"))
      #expect(try failure("split([1], 0.5)").contains("must be a string"))
    }

    /// A column of Parquet that nobody looks at may be what it likes.
    @Test func columnsOfParquet() throws {
      func data(_ name: String, _ more: String = "") -> String {
        "data(\"\(fixture("parquet").path)/\(name).parquet\"\(more))"
      }
      #expect(try text(data("brotli") + ".take(5).n32 |> len") == "5")
      #expect(try failure(data("brotli") + ".text").contains("column text: the compression Brotli is not read"))
      let nested = data("nested_none_v1")
      #expect(try text("\(nested)[0].image") == "\"0.png\"" && text("\(nested)[2].image") == "nil")
      #expect(try text("\(nested)[2].options") == "[\"option 0\", \"option 1\"]")
      #expect(try failure("\(nested)[1].image").contains("nested_none_v1.parquet, record 2, image: "))
      #expect(
        try failure(data("nested_none_v1", ", images: \"p\"") + "[0].image").contains("p/0.png: there is no such file"))
      #expect(try text("\(nested)[1] |> len") == "9" && text("\(nested)[1] == \(nested)[1]") == "false")
      #expect(try text("let d = \(nested)\n[d[1] == d[1], d[1] == d[2]]") == "[true, false]")
      #expect(try failure("\(nested)[1][\"nothing\"]").contains("no field `nothing`"))
      #expect(try text(data("types_gzip_v2") + "[0].fixed") == "[0, 0, 0, 0, 7, 0]")
      #expect(try text("(" + data("types_gzip_v2") + "[0] with (i8: 7)).i8") == "7")
    }

    /// Pictures are read when they are asked for: a missing one hurts nobody who does not look at it.
    @Test func pictures() throws {
      let folder = fixture("benchmarks/pope").path
      let run = try ScriptRun()
      try run.run("let d = data(\"\(folder)/coco_pope_random.json\", images: \"\(folder)/val2014\")")
      #expect(try run.run("d.first.image.width").rendered(.short) == "8")
      #expect(try run.run("d.first.label").rendered(.short) == "\"yes\"")
      #expect(try run.run("keys(d.first with (answer: \"no\"))").rendered(.short).contains("answer"))
      try run.run("let lost = data(\"\(folder)/coco_pope_random.json\", images: \"nowhere\")")
      #expect(try run.run("lost.map(fn r -> r.text).first").rendered(.short).contains("star"))
      #expect(
        run.failure(of: "lost.first.image").contains("nowhere/COCO_val2014_000000000001.jpg: there is no such file"))
      #expect(
        try run.run("data(\"\(folder)/val2014\").map(fn r -> r.image.height).list").rendered(.short) == "[8, 8, 8]")
    }

    /// A data set of a file goes where lists and data sets go.
    @Test func askingAndTraining() throws {
      let folder = fixture("benchmarks/pope").path
      try ScriptRun().run(
        """
        let m = load("minivlm")
        let d = data("\(folder)/coco_pope_random.json", images: "\(folder)/val2014")
          |> map(fn r -> (image: r.image, question: r.text, answer: r.label))
        expect m.ask(d.take(2)) == m.ask(list(d).take(2))
        expect evaluate(m, on: d) == evaluate(m, on: list(d))
        let t = train(.layers[2].output on .last => mores(), model: m, on: d, steps: 1, batch: 2)
        """)
    }
  }
}
