import Figures
import Foundation
import Testing

@testable import Records

@Suite struct RunTextTests {
  private func runs() throws -> [Run] {
    let store = try RunStore()
    for loss in [0.5, 0.25] {
      var subject = RunSubject.sample
      subject.script.text += "# \(loss)\n"
      subject.seed = loss == 0.5 ? 1 : nil
      let id = try store.begin(subject, by: .current, program: "steersh 1", now: 1_000_000)
      let end = RunEnd(.finished, metrics: [RunMetric("last_loss", loss)], tables: [])
      try store.end(id, end, data: subject.data, steps: nil, now: 1_000_002.5)
    }
    return try [store.run(1), store.run(2)]
  }

  @Test func theCardTellsAll() throws {
    let card = try runs()[0].card(on: Terminal())
    for words in [
      "run 1 · train · finished, ", "2.5 s", "tilt.steer:2 (sha256 ", "uses      lib.steer", "call      train(a)",
      "inputs    lr: 0.0002, name: ", "arguments steps: 400", "seed      1", "minivlm (llava 6×96/0/1)",
      "with      .layers[0].output => scale(2)", "on        vqa.train, without end (00ff)", "metrics   last_loss 0.5",
    ] {
      #expect(card.contains(words), "the card lacks `\(words)`:\n\(card)")
    }
  }

  @Test func listsHaveARowForEach() throws {
    let runs = try runs()
    let list = Table(runs)
    #expect(list.rowCount == 2 && list["metrics"]?.cells == ["last_loss 0.5", "last_loss 0.25"])
    let wide = Table(runs, metrics: true)
    #expect(wide["last_loss"]?.cells == [0.5, 0.25] && wide["metrics"] == nil)
    #expect(Table([Run]()).rowCount == 0)
  }

  @Test func comparisonsShowOnlyWhatDiffers() throws {
    let runs = try runs()
    let comparison = RunComparison(runs[0], runs[1])
    #expect(comparison.differences["what"]?.cells == ["script's sha256", "seed"])
    #expect(comparison.metrics["difference"]?.cells == [-0.25])
    #expect(comparison.script == ["- # 0.5", "+ # 0.25"])
    #expect(RunComparison(runs[0], runs[0]).text(on: Terminal()).contains("made with the same of everything"))
  }

  @Test func exportsAreWholeAndValid() throws {
    let json = Run.json(try runs())
    let list = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    #expect(list.count == 2)
    #expect(list[0]["started"] as? String == "1970-01-12T13:46:40Z")
    #expect((list[0]["inputs"] as? [String: String])?["name"] == "\"é ' \\\" \n\"")
    #expect((list[0]["metrics"] as? [String: Double]) == ["last_loss": 0.5])
    #expect((list[0]["script"] as? [String: String])?["text"] == "let a = 1\ntrain(a)\n# 0.5\n")
    #expect(list[1]["seed"] is NSNull)
    #expect(Run.json([]) == "[]\n")
  }

  @Test(
    arguments: [
      (0.5, "0.5"), (1, "1"), (0.333333333, "0.33333"), (1234.56789, "1234.6"), (2e-9, "2e-9"), (-.infinity, "-inf"),
    ] as [(Double, String)])
  func numbersAreShort(value: Double, text: String) { #expect(Run.text(value) == text) }

  @Test(
    arguments: [(0.1234, "0.12 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")] as [(Double, String)])
  func durationsAreReadable(seconds: Double, text: String) { #expect(Moment.duration(seconds) == text) }
}
