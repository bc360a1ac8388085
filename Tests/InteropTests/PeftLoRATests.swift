import Checkpoints
import Interventions
import Tensors
import Testing

@testable import Interop

/// How a configuration says what B A is multiplied by. Expected values are those of the rules as peft states them.
@Suite struct PeftLoRATests {
  private static let query = "model.layers.0.self_attn.q_proj"
  private static let up = "model.layers.1.mlp.up_proj"

  /// The arguments of each module's operator: `lora(rank: 2, alpha: 16)`.
  private func arguments(_ settings: String, ranks: [(module: String, rank: Int)]) throws -> [[OperatorArgument]] {
    let json = "{\"peft_type\": \"LORA\"\(settings.isEmpty ? "" : ", " + settings)}"
    let field = Field(try JSON.parse(json, file: "adapter_config.json"), file: "adapter_config.json")
    let tensors = try ranks.flatMap { module, rank in
      [
        ("base_model.model.\(module).lora_A.weight", try Tensor.zeros([Axis("axis0", rank), Axis("axis1", 6)])),
        ("base_model.model.\(module).lora_B.weight", try Tensor.zeros([Axis("axis0", 5), Axis("axis1", rank)])),
      ]
    }
    let adapter = try PeftAdapter(
      PeftConfiguration(field), PeftTensors(tensors.map { (name: $0.0, tensor: $0.1) }, file: "adapter_model"))
    return try adapter.edits(for: nil).edits.map(\.arguments)
  }

  private func scales(_ settings: String, ranks: [(module: String, rank: Int)]) throws -> [Double] {
    try arguments(settings, ranks: ranks).map(PeftAdapter.scale)
  }

  @Test(arguments: [
    // peft's own defaults are r 8 and lora_alpha 8.
    ("", 8, 1.0), ("\"r\": 4, \"lora_alpha\": 16", 4, 4.0), ("\"r\": 4, \"lora_alpha\": 1.5", 4, 0.375),
    ("\"r\": 4, \"lora_alpha\": 16, \"use_rslora\": true", 4, 8.0),
    ("\"r\": 9, \"lora_alpha\": 6, \"use_rslora\": true", 9, 2.0),
    ("\"r\": 9, \"lora_alpha\": 6, \"use_rslora\": false", 9, 2.0 / 3),
  ]) func alphaOverRank(_ own: (settings: String, rank: Int, scale: Double)) throws {
    #expect(try scales(own.settings, ranks: [(Self.query, own.rank)]) == [own.scale])
  }

  /// Each pattern is of its own number: a module may have one of them or both.
  @Test func patternsChangeOneModule() throws {
    let ranks = [(Self.query, 2), (Self.up, 4)]
    let both = "\"r\": 4, \"lora_alpha\": 8, \"rank_pattern\": {\"q_proj\": 2}"
    #expect(try scales(both, ranks: ranks) == [4, 2])
    #expect(try scales(both + ", \"alpha_pattern\": {\"q_proj\": 3}", ranks: ranks) == [1.5, 2])
    #expect(try scales(both + ", \"alpha_pattern\": {\"layers\\\\.1\\\\..*\": 1}", ranks: ranks) == [4, 0.25])
    let stabilised = both + ", \"use_rslora\": true, \"alpha_pattern\": {\"up_proj\": 10}"
    #expect(try scales(stabilised, ranks: ranks) == [8 / 2.0.squareRoot(), 5])
  }

  /// What peft would refuse to load, because it makes modules of the configuration's rank.
  @Test func ranksAreThoseOfTheTensors() throws {
    for settings in ["\"r\": 4", "\"r\": 2, \"rank_pattern\": {\"q_proj\": 3}"] {
      let error = #expect(throws: CheckpointError.self) { try scales(settings, ranks: [(Self.query, 2)]) }
      #expect(error.map { "\($0)" }?.contains("must be 2, the rank that `\(Self.query)` has") == true)
    }
  }

  /// Without `alpha` our own `lora` has 2 r, so peft's is always said.
  @Test func alphaIsAlwaysSaid() throws {
    let own = try #require(try arguments("", ranks: [(Self.query, 8)]).first)
    #expect(own.map(\.name) == ["rank", "alpha"])
    #expect(PeftAdapter.scale([OperatorArgument("rank", .integer(8))]) == 2)
  }
}
