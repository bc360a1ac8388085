import Checkpoints
import Foundation
import Models
import StandardLibrary
import Tensors
import TestSupport

/// The models that tests run, and what transformers computed for them (scripts/fixtures/minivlm.py).
enum TestModels {
  static var minivlmSource: FileSource {
    let files = EmbeddedFile.files(in: "minivlm").map { ($0.name, $0.bytes) }
    return FileSource(name: "minivlm", embedded: Dictionary(uniqueKeysWithValues: files))
  }

  static func minivlm() throws -> Model { try Model.load(minivlmSource) }
  static func tiny(_ name: String) throws -> Model { try Model.load(FileSource(folder: fixture(name).path)) }

  /// Pixels that are an image of their own, at its own size.
  static func prepared(_ pixels: Tensor) -> PreparedImage {
    let (rows, columns) = (pixels.shape.sizes[1], pixels.shape.sizes[2])
    let geometry = ImageGeometry(originalWidth: columns, originalHeight: rows, width: columns, height: rows)
    return PreparedImage(pixels: pixels, geometry: geometry)
  }

  static func parity(_ name: String) throws -> Safetensors {
    try Safetensors(FileBytes(path: fixture("\(name)/parity.safetensors").path))
  }
}

extension Safetensors {
  func floats(_ name: String) throws -> [Float] { try tensor(named: name).withFloats { Array($0) } }

  func integers(_ name: String) throws -> [Int] {
    try tensor(named: name).withUnsafeBytes { Array($0.bindMemory(to: Int.self)) }
  }
}

extension Tensor {
  var floats: [Float] { withFloats { Array($0) } }
  var bits: [UInt32] { floats.map(\.bitPattern) }
}

/// The largest absolute difference, infinite where the counts differ or something is not a number.
func difference(_ left: [Float], _ right: [Float]) -> Float {
  guard left.count == right.count else { return .infinity }
  return zip(left, right).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}

/// Prompts for the tiny LLaVA: its own fixture, two images in one prompt, and text alone.
struct TinyPrompts {
  let model: Model
  let all: [Prompt]
  var one: Prompt { all[0] }

  init() throws {
    let (model, fixture) = (try TestModels.tiny("tinyllava"), try TestModels.parity("tinyllava"))
    let pixels = try fixture.tensor(named: "pixels", axes: ["channel", "row", "column"])
    let other = Tensor(pixels.shape) { out in
      for (index, value) in pixels.floats.enumerated() { out[index] = 0.3 - value / 2 }
    }
    let (first, second) = (TestModels.prepared(pixels), TestModels.prepared(other))
    let patches = [Int](repeating: 4, count: 10)
    self.model = model
    all = [
      try model.blueprint.prompt(ids: fixture.integers("ids"), images: [first]),
      try model.blueprint.prompt(ids: [1, 20] + patches + [21] + patches + [7, 33], images: [second, first]),
      try model.blueprint.prompt(ids: [1, 11, 5, 40, 23]),
    ]
  }
}

/// Every activation of a run, site by site, for one of its samples.
func activations(_ model: Model, _ prompts: [Prompt], sample: Int = 0) throws -> [Site: Tensor] {
  let recorder = Recorder(model.configuration.sites, sample: sample)
  try model.forward(prompts, listener: recorder)
  return recorder.seen.compactMapValues(\.first)
}
