import Checkpoints
import Foundation
import Interventions
import Tensors
import Testing

@testable import Interop

/// Where `direction.N` acts, by the three ways in which tools count.
@Suite struct ControlVectorTests {
  private func read(_ numbers: [Int], layers: String?, width: Int = 2) throws -> ForeignFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString).gguf").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try GGUF.write(
      numbers.map { number in
        ("direction.\(number)", Tensor([Axis("model", width)], (0..<width).map { Float(10 * number + $0 + 1) }))
      }, metadata: [("general.architecture", .string("controlvector"))], to: path)
    return try ForeignFormats.read(
      ForeignSource(path), ForeignOptions(layers.map { [("layers", .text($0))] } ?? []))
  }

  @Test(
    arguments: [
      (nil, [1, 2, 4]), ("applied", [1, 2, 4]), ("read", [0, 1, 3]), ("from_zero", [1, 2, 4]),
    ] as [(String?, [Int])]) func blocksOfDirections(_ own: (layers: String?, blocks: [Int])) throws
  {
    // The order of the file is another one.
    let file = try read([4, 1, 2], layers: own.layers)
    #expect(file.edits.map { $0.place.site?.layer } == own.blocks)
    #expect(file.edits.allSatisfy { $0.place.site?.point == .output && $0.tokens == .union(.all, .generated) })
    #expect(file.edits.map(\.place.name) == ["direction.1", "direction.2", "direction.4"])
    // One tensor for all, each direction in the row of the block where it acts, zero elsewhere.
    guard case .tensor(let all)? = file.edits[0].arguments.first?.value else {
      Issue.record("there is no tensor")
      return
    }
    #expect(all.shape.names == ["layer", "model"] && all.shape.sizes == [own.blocks[2] + 1, 2])
    var expected = [Float](repeating: 0, count: 2 * (own.blocks[2] + 1))
    for (block, number) in zip(own.blocks, [1, 2, 4]) {
      expected[2 * block] = Float(10 * number + 1)
      expected[2 * block + 1] = Float(10 * number + 2)
    }
    #expect(all.floats() == expected)
  }

  @Test func directionZeroIsForWhoeverSaysSo() throws {
    #expect(try read([0, 2], layers: "from_zero").edits.map { $0.place.site?.layer } == [0, 2])
    for layers in [nil, "applied", "read"] {
      let error = #expect(throws: InteropError.self) { try read([0, 2], layers: layers) }
      #expect(error.map { "\($0)" }?.contains("`direction.0`") == true)
    }
    #expect(throws: InteropError.self) { try read([1], layers: "generated") }
  }
}
