import Checkpoints
import Interventions
import Tensors
import Testing

@testable import Interop

/// The matrices that peft makes of the numbers in its two layouts of OFT.
@Suite struct PeftOFTTests {
  private static let module = "model.layers.0.mlp.up_proj"

  private func edits(_ settings: String, _ key: String, _ tensor: Tensor) throws -> [ForeignEdit] {
    let json = "{\"peft_type\": \"OFT\", \"peft_version\": \"0.21.2\"\(settings.isEmpty ? "" : ", " + settings)}"
    let field = Field(try JSON.parse(json, file: "adapter_config.json"), file: "adapter_config.json")
    let tensors = try PeftTensors([(name: "base_model.model.\(Self.module).\(key)", tensor: tensor)], file: "weights")
    return try PeftAdapter(PeftConfiguration(field), tensors).edits(for: nil).edits
  }

  private func argument(_ name: String, of edit: ForeignEdit) -> String? {
    edit.arguments.first { $0.name == name }.map { "\($0.value)" }
  }

  /// Row by row above the diagonal; below it the same with the other sign.
  @Test func entriesStandAboveTheDiagonal() throws {
    let entries: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    let skew = PeftAdapter.skew(entries, blocks: 2, size: 4, bound: nil)
    #expect(skew.prefix(16) == [0, 1, 2, 3, -1, 0, 4, 5, -2, -4, 0, 6, -3, -5, -6, 0])
    #expect(skew[16 + 1] == 7 && skew[16 + 11] == 12 && skew[16 + 14] == -12)
    #expect(PeftAdapter.entries(above: skew, blocks: 2, size: 4) == entries)
    // What is not skew is made so: (P − Pᵀ) / 2.
    #expect(PeftAdapter.entries(above: [5, 3, 1, 7], blocks: 1, size: 2) == [1])
    #expect(PeftAdapter.skew([], blocks: 3, size: 1, bound: nil) == [0, 0, 0])
  }

  /// COFT keeps each block's length, over both halves, within eps / √blocks.
  @Test func boundedBlocksAreShortened() throws {
    let free: [Float] = [3, 4]
    let own = PeftAdapter.skew(free, blocks: 2, size: 2, bound: 6)
    // Lengths 3√2 and 4√2 against 6/√2 = 3√2: the first stays, the second becomes as long.
    #expect(own[1] == 3 && abs(own[5] - 3) < 1e-6 && abs(own[6] + 3) < 1e-6)
  }

  /// b (b − 1) / 2 numbers are a block of b rows.
  @Test(arguments: [(1, 2), (3, 3), (6, 4), (28, 8)]) func sizesFollowFromTheNumbers(_ own: (count: Int, size: Int))
    throws
  {
    let found = try edits("", "oft_R.weight", Tensor.zeros([Axis("axis0", 3), Axis("axis1", own.count)]))
    let P = try #require(found.first?.parameters.first?.tensor)
    #expect(P.shape.sizes == [3, own.size, own.size])
    #expect(try argument("blocks", of: #require(found.first)) == "integer(3)")
  }

  @Test func noBlockHasFourNumbers() throws {
    #expect(throws: InteropError.self) {
      try edits("", "oft_R.weight", Tensor.zeros([Axis("axis0", 3), Axis("axis1", 4)]))
    }
  }

  /// peft's series of three terms has four; without the series the transform is exact.
  @Test func termsOfTheSeries() throws {
    let table = try Tensor.zeros([Axis("axis0", 2), Axis("axis1", 3)])
    func terms(_ settings: String) throws -> String? {
      try argument("terms", of: #require(try edits(settings, "oft_R.weight", table).first))
    }
    #expect(try terms("") == "integer(5)")
    #expect(try terms("\"num_cayley_neumann_terms\": 3") == "integer(4)")
    #expect(try terms("\"num_cayley_neumann_terms\": 4") == "integer(4)")
    #expect(try terms("\"use_cayley_neumann\": false") == nil)
  }

  /// peft up to 0.13: whole matrices, `r` blocks of the outputs, one for all with `block_share`; COFT's bound counts a block's
  /// numbers.
  @Test func olderFilesTurnOutputs() throws {
    let blocks = Tensor([Axis("axis0", 2), Axis("axis1", 2), Axis("axis2", 2)], [0, 3, -3, 0, 0, 8, -8, 0])
    let plain = try #require(try edits("\"r\": 2", "oft_r", blocks).first)
    #expect(argument("side", of: plain) == "text(\"output\")" && argument("blocks", of: plain) == "integer(2)")
    #expect(argument("terms", of: plain) == nil && plain.parameters[0].tensor.floats() == blocks.floats())
    // eps · 2² / √2 is 4√2 for eps 2: lengths are 3√2 and 8√2.
    let bounded = try #require(try edits("\"r\": 2, \"coft\": true, \"eps\": 2", "oft_r", blocks).first)
    let kept = bounded.parameters[0].tensor.floats()
    #expect(kept[1] == 3 && abs(kept[5] - 4) < 1e-6 && abs(kept[6] + 4) < 1e-6)
    let one = try blocks.select("axis0", .range(1..<2))
    let shared = try #require(try edits("\"r\": 4, \"block_share\": true", "oft_r", one).first)
    #expect(argument("blocks", of: shared) == "integer(4)" && argument("shared", of: shared) == "flag(true)")
    #expect(throws: InteropError.self) { try edits("\"r\": 4", "oft_r", blocks) }
  }
}
