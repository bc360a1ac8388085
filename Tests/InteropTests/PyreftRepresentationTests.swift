import Checkpoints
import Testing

@testable import Interop

/// Which file belongs to an entry of `representations`: names with `_`, before 2025-02 with dots, for components and module paths.
@Suite struct PyreftRepresentationTests {
  private func entry(_ json: String) throws -> PyreftRepresentation {
    try PyreftRepresentation(Field(try JSON.parse(json, file: "config.json"), file: "config.json"))
  }

  /// The files of entries, in order, in a folder that has `present`.
  private func files(_ entries: [String], present: [String] = []) throws -> [String] {
    let folder = FileSource(
      name: "folder", files: Dictionary(uniqueKeysWithValues: present.map { ($0, FileBytes([UInt8](), name: $0)) }))
    var counters: [String: Int] = [:]
    return try entries.map { try entry($0).file(in: folder, &counters) }
  }

  private static let block = #"[8, "block_output", "pos", 1, 4, null]"#
  private static let path = #"[null, "model.layers[3].output", "pos", 1, 4]"#

  @Test func namesOfToday() throws {
    #expect(
      try files([Self.block, Self.path]) == [
        "intkey_layer_8_comp_block_output_unit_pos_nunit_1#0.bin",
        "intkey_comp_model_layers[3]_output_unit_pos_nunit_1#0.bin",
      ])
  }

  @Test func olderNamesWhereTheyAreThere() throws {
    let older = [
      "intkey_layer.8.comp.block_output.unit.pos.nunit.1#0.bin",
      "intkey_comp.model.layers[3].output.unit.pos.nunit.1#0.bin",
    ]
    #expect(try files([Self.block, Self.path], present: older) == older)
  }

  /// Entries of one place are counted, and only those.
  @Test func equalPlacesAreCounted() throws {
    let other = #"[8, "mlp_output", "pos", 1, 4]"#
    #expect(
      try files([Self.block, other, Self.block]).map { String($0.suffix(6)) } == ["#0.bin", "#0.bin", "#1.bin"])
  }

  /// A record by names says the same as a list in the order of the fields; what is missing has pyvene's defaults.
  @Test func recordsAndLists() throws {
    let record = try entry(#"{"layer": 8, "component": "block_output", "unit": "pos", "max_number_of_units": 1}"#)
    let list = try entry(Self.block)
    #expect(record.layer == 8 && record.component == list.component && record.description == "layer.8.block_output")
    let bare = try entry("{}")
    #expect(bare.layer == 0 && bare.component == "block_output" && bare.unit == "pos" && bare.units == 1)
    #expect(try entry(Self.path).layer == nil)
  }

  @Test(arguments: [
    (#"[8, "block_output", "h", 1]"#, "units of kind \"h\""),
    (#"[8, "block_output", "pos", 2]"#, "2 positions together"),
    (#"{"layer": 8, "subspace_partition": [[0, 4]]}"#, "subspace_partition"),
  ]) func otherUnitsAreNotTakenOver(_ own: (json: String, reason: String)) throws {
    let refusal = #expect(throws: PyreftRefusal.self) { try entry(own.json).place() }
    #expect(refusal?.reason.contains(own.reason) == true)
  }

  @Test func negativeLayersAreErrors() {
    #expect(throws: CheckpointError.self) { try entry(#"[-1, "block_output", "pos", 1]"#) }
  }
}
