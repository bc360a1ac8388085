import Foundation
import Interpreter
import Testing
import TestSupport

extension SteeringScripts {
  /// Pages made by scripts, and a browser's view of them.
  @Suite struct ReportTests {
    /// A page with all that a first look at a model comes to, and the page of a run.
    private static let script = """
      seed 7
      let m = load("minivlm")
      let s = scenes(seed: 7).first
      let p = prompt(s.image, "describe the image .")
      let t = trace(m, p, at: .layers[*].attention.weights, generate: 20)
      let tilt = .layers[1..4].output on .image.first(2) + .image.last(2) => mores(rank: 1)
      let trained = train(tilt, model: m, on: vqa.train.take(64), steps: 30, lr: 1e-2, batch: 8, held_out: vqa.validation.take(16), every: 5)
      report(run(), "run.html")
      let grid = sweep(layer: 0..5, strength: [0.5, 1, 2]) { c ->
        let steered = m with .layers[c.layer].output on .image => scale(c.strength)
        (right: evaluate(steered, on: vqa.test.take(24)), n: 24)
      }
      report(run(), "sweep.html")
      report(
        (
          question: "How the miniature answers a question about a picture, and where it looks while it does.",
          prompt: m.mark(p, .image.roi(s.box) + .word("image")),
          attention: t,
          to_the_image_per_layer: lmar(t),
          attention_by_kind: attention(t),
          steering: tilt,
          before_and_after: compare(m, m with trained, on: vqa.test.take(40)),
          layer_and_strength: heatmap(grid, x: layer, y: strength, value: right),
          settings: (items: 24, seed: 7),
          training: run(1),
        ),
        "look.html",
        title: "A first look at the miniature",
      )
      """

    @Test func refusesWhatIsNoPage() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        #expect(run.failure(of: "report(1, \"a.txt\")").contains("must end in .html, found \"a.txt\""))
        #expect(run.failure(of: "report(nil, \"a.html\")").contains("is nil"))
        #expect(run.failure(of: "report(1, \"missing/a.html\")").contains("missing/a.html"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: ".") == [])
      }
    }

    @Test func anyValueMakesAPage() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          """
          let m = load("minivlm")
          let values = [1, "two <b>", [3, 4], (a: 5, b: (c: 6)), table([(x: 1, y: 2)]), plot([1, 2]), heatmap(ones(a: 2, b: 3)),
            ones(a: 3), ones(a: 2, b: 2), ones(a: 2, b: 2, c: 2), m, prompt("what is two plus two ?"), scenes(seed: 1).first.image,
            .layers[0].output on .last => scale(2), trace(m, prompt("what is two plus two ?"), at: .layers[*].attention.weights),
            bars([(k: "a", v: 1)], x: k, y: v), histogram([1, 2, 3]), nil, vqa.test.take(2), [(x: 1), (x: 2)], []]
          report(values, "all.html")
          for v in values { if v != nil { report(v, "one.html") } }
          """)
        let page = try String(contentsOfFile: "all.html", encoding: .utf8)
        #expect(page.contains("two &lt;b&gt;") && !page.contains("two <b>"))
        #expect(page.components(separatedBy: "<section>").count > 15)
      }
    }

    @Test func theRunsPageTellsTheRun() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          "let m = load(\"minivlm\")\nevaluate(m, on: vqa.test.take(4)) # <here>\nreport(run(), \"out.html\")",
          name: "<a>.steer")
        let page = try String(contentsOfFile: "out.html", encoding: .utf8)
        for words in [
          "Run 1: evaluate", "accuracy", "vqa.test, 4 items", "# &lt;here&gt;", "minivlm (llava 6×96/", "sha256",
        ] {
          #expect(page.contains(words), "the page lacks \(words)")
        }
        #expect(try run.run("run().files.len").rendered(.short) == "1")
      }
    }

    @Test(.enabled(if: Browser.program != nil)) func aBrowserShowsThem() throws {
      try inTemporaryFolder {
        try ScriptRun().run(Self.script, name: "first-look.steer")
        let browser = try Browser()
        let folder = artefacts.appendingPathComponent("reports")
        for name in ["look", "run", "sweep"] {
          let page = URL(fileURLWithPath: "\(name).html")
          let kept = folder.appendingPathComponent("\(name).html")
          try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
          try Data(contentsOf: page).write(to: kept)
          try browser.show(width: 1000)
          try browser.open(kept)
          #expect(browser.complaints == [])
          #expect(browser.requests == [kept.absoluteString])
          let light = try browser.screenshot(folder.appendingPathComponent("\(name)-light.png"))
          try browser.show(width: 1000, isDark: true)
          #expect(try browser.screenshot(folder.appendingPathComponent("\(name)-dark.png")) != light)
          try browser.show(width: 780, isPaper: true)
          _ = try browser.screenshot(folder.appendingPathComponent("\(name)-print.png"))
          try browser.show(width: 390)
          // Nothing stands out of a telephone's screen.
          #expect(try browser.evaluate("document.documentElement.scrollWidth") as? Int == 390)
          _ = try browser.screenshot(folder.appendingPathComponent("\(name)-narrow.png"))
        }
        try slide(browser, folder)
      }
    }

    /// The slider goes through the layers, by keys as a reader would.
    private func slide(_ browser: Browser, _ folder: URL) throws {
      try browser.show(width: 1000)
      try browser.open(folder.appendingPathComponent("look.html"))
      func reading() throws -> String {
        try browser.evaluate("document.querySelector('.reading').textContent") as? String ?? ""
      }
      func drawn() throws -> String {
        try browser.evaluate("document.querySelector('.attention canvas').toDataURL()") as? String ?? ""
      }
      _ = try browser.evaluate(
        "const s = document.querySelector('.attention input[type=range]'); s.focus(); s.value = 0; s.dispatchEvent(new Event('input'))"
      )
      let (before, picture) = try (reading(), drawn())
      #expect(before.hasPrefix("Layer 0"))
      let first = try browser.screenshot(folder.appendingPathComponent("slider-before.png"))
      try browser.press("ArrowRight", code: 39)
      try browser.press("ArrowRight", code: 39)
      #expect(try reading().hasPrefix("Layer 2"))
      #expect(try drawn() != picture)
      let second = try browser.screenshot(folder.appendingPathComponent("slider-after.png"))
      #expect(first != second)
      // One token of the answer instead of all.
      let all = try drawn()
      _ = try browser.evaluate("document.querySelectorAll('.attention input[type=radio]')[1].click()")
      #expect(try drawn() != all)
      #expect(browser.complaints == [])
    }
  }
}
