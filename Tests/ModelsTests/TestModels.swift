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
