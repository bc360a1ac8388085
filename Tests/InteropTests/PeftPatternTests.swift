import Checkpoints
import Testing

@testable import Interop

@Suite struct PeftPatternTests {
  private func pattern(_ json: String) throws -> PeftPattern {
    try PeftPattern(Field(JSON.parse(json, file: "x"), file: "x"))
  }

  /// As Python's `re.match(rf"(.*\.)?({key})$", name)`, the first key that matches.
  @Test func keysAreEndsOfNamesOrExpressions() throws {
    let own = try pattern(
      #"{"q_proj": 1, "layers\\.(0|2)\\.mlp\\.up": 2, "^model.layers.1.mlp.up": 3, "mlp.up": 4, ".*\\.o": 5}"#)
    for (name, value) in [
      ("model.layers.0.self_attn.q_proj", 1.0), ("q_proj", 1), ("model.layers.2.mlp.up", 2),
      ("model.layers.1.mlp.up", 3),
      ("other.model.layers.1.mlp.up", 4), ("mlpxup", 4), ("layers.3.attn.o", 5),
    ] {
      #expect(own.value(for: name) == value, "\(name)")
    }
    for name in ["model.xq_proj", "q_proj.x", "o", ""] { #expect(own.value(for: name) == nil, "\(name)") }
  }

  /// An expression that backtracks without end is given up.
  @Test(.timeLimit(.minutes(1))) func endlessExpressionsMatchNothing() throws {
    let own = try pattern(#"{"(a+)+(a+)+b": 1}"#)
    #expect(own.value(for: String(repeating: "a", count: 200)) == nil)
  }

  @Test(arguments: [#"{"(": 1}"#, #"{"a": "b"}"#, "[1]"]) func othersAreRefused(_ json: String) {
    #expect(throws: CheckpointError.self) { try pattern(json) }
  }
}
