import Checkpoints
import Models

/// Where one of pyvene's interventions acts: an entry of `representations`, a list in the order of its fields or a record.
struct PyreftRepresentation: CustomStringConvertible {
  let layer: Int?
  /// `block_output`, or a module's path: `model.layers[3].output`.
  let component: String
  let unit: String
  let units: Int
  let hasSubspace: Bool

  private static let fields = [
    "layer", "component", "unit", "max_number_of_units", "low_rank_dimension", "intervention_type", "intervention",
    "subspace_partition",
  ]

  init(_ field: Field) throws {
    let isList = if case .array = field.value { true } else { false }
    func own(_ name: String) -> Field {
      guard isList, let place = Self.fields.firstIndex(of: name) else { return field[name] }
      return field[place]
    }
    component = try own("component").string(or: "block_output")
    layer = own("layer").exists ? try own("layer").integer(in: 0...) : component.contains(".") ? nil : 0
    unit = try own("unit").string(or: "pos")
    units = try own("max_number_of_units").integer(in: 1..., or: 1)
    hasSubspace = own("subspace_partition").exists
  }

  var description: String { component.contains(".") ? component : "layer.\(layer ?? 0).\(component)" }

  /// The name of its file. Parts are joined by `_`, before 2025-02 by dots; equal names are counted.
  func file(in folder: FileSource, _ counters: inout [String: Int]) throws -> String {
    let names = ["_", "."].map(key)
    let count = counters[names[0], default: 0]
    counters[names[0]] = count + 1
    let files = names.map { "intkey_\($0)#\(count).bin" }
    return files.first { folder.contains($0) } ?? files[0]
  }

  private func key(_ separator: String) -> String {
    func own(_ text: String) -> String { text.split(separator: ".").joined(separator: separator) }
    let parts =
      component.contains(".")
      ? ["comp", own(component)] : ["layer", "\(layer ?? 0)", "comp", component]
    return (parts + ["unit", own(unit), "nunit", "\(units)"]).joined(separator: separator)
  }

  func place() throws -> ForeignPlace {
    guard unit == "pos" else {
      throw PyreftRefusal(reason: "it acts on units of kind \"\(unit)\"; only positions, \"pos\", are taken over")
    }
    guard units == 1 else {
      throw PyreftRefusal(reason: "it takes \(units) positions together as one row, which no operator here does")
    }
    guard !hasSubspace else { throw PyreftRefusal(reason: "it acts on parts of a subspace_partition") }
    return .named(description, likely: likelySite)
  }

  /// The site that it is in every model where it has one.
  private var likelySite: Site? {
    guard !component.contains(".") else { return nil }
    let points: [String: Site.Point] = [
      "block_input": .input, "block_output": .output, "mlp_output": .mlpOutput, "mlp_activation": .mlpHidden,
      "attention_output": .attentionOutput,
    ]
    return points[component].map { Site(.decoder, layer: layer, $0) }
  }
}
