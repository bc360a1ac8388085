import Bindings
import Foundation
import TestSupport
import Testing

extension SteeringScripts {
  /// MiniGPT-v2 in its published parts (scripts/fixtures/minigpt.py), as a script sees it.
  @Suite struct MiniGPTScriptTests {
    private struct Answer: Decodable {
      let text: String
      let ids: [Int]
    }

    private func start() throws -> ScriptRun {
      let run = try ScriptRun()
      try run.run(
        """
        let m = load("\(fixture("minigpt").path)")
        let p = prompt(image("\(fixture("minigpt").path)/picture.png"), "[vqa] what is it?")
        """)
      return run
    }

    @Test func theFolderIsLoadedAndAsked() throws {
      let run = try start()
      let file = fixture("minigpt").appendingPathComponent("answer.json")
      let answer = try JSONDecoder().decode(Answer.self, from: Data(contentsOf: file))
      try run.run("let a = m.generate(p, max: 6)")
      #expect(try run.run("a.text").rendered(.short) == run.run("open(\"\(file.path)\").text").rendered(.short))
      #expect(try run.run("a.tokens == open(\"\(file.path)\").ids").rendered(.short) == "true", "\(answer.ids)")
      #expect(try run.run("m.ask(p, max: 6) == a.text").rendered(.short) == "true")
    }

    /// Steering, tracing and weights as with any model; a map's weight is the one that its pair is in.
    @Test func itIsSteered() throws {
      let run = try start()
      try run.run("let logits = fn m -> trace(m, p, at: .logits)[.logits]")
      let folder = fixture("minigpt").path
      for (source, expected) in [
        ("max(abs(logits(m with .layers[0].attention.query.weight => scale(1)) - logits(m))) < 2e-5", "true"),
        ("max(abs(logits(m with .layers[0].attention.query.weight => scale(0)) - logits(m))) > 0.01", "true"),
        ("max(abs(logits(m with .projector.output on .image => scale(0)) - logits(m))) > 0.01", "true"),
        ("config(\"\(folder)\").depth", "2"),
      ] {
        #expect(try run.run(source).rendered(.short) == expected, "\(source)")
      }
    }

    @Test func whatIsMissingIsNamed() throws {
      let run = try ScriptRun()
      let message = try inTemporaryFolder {
        try FileManager.default.copyItem(atPath: fixture("minigpt").path, toPath: "m")
        try FileManager.default.removeItem(atPath: "m/eva_vit_g.pth")
        return run.failure(of: "load(\"m\")")
      }
      #expect(message.contains("m/eva_vit_g.pth") && message.contains("vision_model"), "\(message)")
    }
  }
}
