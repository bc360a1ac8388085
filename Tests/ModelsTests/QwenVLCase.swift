import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport

/// One of the tiny models that `scripts/fixtures/qwenvl.py` makes, its pictures and prompts.
struct QwenVLCase {
  static let names = ["qwen2_vl", "qwen2_5_vl"]

  let name: String
  let model: Model
  let fixture: Safetensors
  /// Two pictures of different shapes: 6 × 10 and 8 × 4 patches.
  let pictures: [PreparedImage]
  /// The first picture, the second, and both in one prompt.
  let prompts: [Prompt]

  init(_ name: String) throws { try self.init(name, folder: TestSupport.fixture("qwenvl/\(name)")) }

  /// - Parameter folder: the model's, which a test may have changed.
  init(_ name: String, folder: URL) throws {
    self.name = name
    let model = try Model.load(FileSource(folder: folder.path))
    let parity = TestSupport.fixture("qwenvl/\(name)/parity.safetensors")
    let fixture = try Safetensors(FileBytes(path: parity.path))
    let pictures = try (0..<2).map {
      TestModels.prepared(try fixture.tensor(named: "pixels\($0)", axes: ["channel", "row", "column"]).to(.f32))
    }
    prompts = try (0..<3).map { number in
      let images = try fixture.integers("\(number)/pictures").map { pictures[$0] }
      return try model.blueprint.prompt(ids: fixture.integers("\(number)/ids"), images: images)
    }
    (self.model, self.fixture, self.pictures) = (model, fixture, pictures)
  }

  func floats(_ name: String, of number: Int) throws -> [Float] { try fixture.floats("\(number)/\(name)") }

  /// The prompts, text alone, the same picture twice, and prompts that interventions have put rows into.
  var all: [Prompt] {
    get throws {
      let one = prompts[1].ids.filter { $0 == model.configuration.imageToken }
      let twice = try model.blueprint.prompt(
        ids: [1, 3] + one + [4, 21, 3] + one + [4, 7, 33], images: [pictures[1], pictures[1]])
      return prompts + [try model.blueprint.prompt(ids: [1, 11, 14, 40, 23]), twice, steered]
    }
  }

  /// The prompt of two pictures with virtual positions before, between and behind them, and rows added in the tower.
  var steered: Prompt {
    let own = prompts[2]
    let between = own.context.images[0].positions.upperBound + 1
    return own.inserting([
      Prompt.Insertion(name: "a", count: 2, position: 0), Prompt.Insertion(name: "b", count: 3, position: between),
      Prompt.Insertion(name: "c", count: 1, position: own.ids.count),
    ]).addingToImages([(name: "d", count: 2)])
  }
}
