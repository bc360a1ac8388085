import Checkpoints
import Foundation
import Models
import TestSupport
import Tensors
import Testing

/// Every value of a configuration, replaced by every kind of nonsense: the folder is refused, or it loads and runs.
/// A trap would end the test process.
@Suite struct ConfigurationDamageTests {
  private static let values = [
    "null", "0", "-1", "3", "4194304", "9223372036854775807", "1e300", "true", "\"x\"", "[]", "[0, 3, -1]", "{}",
  ]

  @Test(arguments: [
    "tinyllava", "tinyllama", "families/phi_dynamic", "families/qwen2", "families/phi3", "families/gemma3",
    "families/gpt2",
  ])
  func everyFieldSurvives(_ name: String) throws {
    let folder = try ModelFolder(name)
    let path = folder.url.appendingPathComponent("config.json")
    let lines = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n")
    let fixture = try TestModels.parity(name)
    let ids = try fixture.integers(fixture.contains("ids") ? "ids" : "a/ids")
    let pixels =
      fixture.contains("pixels") ? try fixture.tensor(named: "pixels", axes: ["channel", "row", "column"]) : nil
    let images = pixels.map { [TestModels.prepared($0)] } ?? []
    var (loaded, refused, ran) = (0, 0, 0)
    for (index, line) in lines.enumerated() {
      guard let colon = line.firstRange(of: ": "), !line.hasSuffix("{"), !line.hasSuffix("[") else { continue }
      for value in Self.values {
        var damaged = lines
        damaged[index] = line[..<colon.upperBound] + value + (line.hasSuffix(",") ? "," : "")
        try damaged.joined(separator: "\n").write(to: path, atomically: false, encoding: .utf8)
        do {
          let model = try Model.load(folder.source)
          loaded += 1
          _ = try model.logits(model.blueprint.prompt(ids: ids, images: images))
          ran += 1
        } catch is CheckpointError { refused += 1 } catch is ModelError { refused += 1 }
      }
    }
    // Neither everything nor nothing: the damage reached what is read, and fields that nobody reads do no harm.
    #expect(refused > 50 && ran > 50 && loaded >= ran)
  }
}
