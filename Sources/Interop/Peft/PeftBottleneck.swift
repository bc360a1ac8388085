import Interventions
import Models
import Tensors

extension PeftAdapter {
  /// Where LLM-Adapters puts a serial adapter, by the module's last name: before a map or behind it.
  private static let before = ["gate_proj", "up_proj", "dense_h_to_4h", "fc_in", "fc1"]
  static let behind = ["down_proj", "dense_4h_to_h", "fc_out", "fc2"]

  /// What a bottleneck of LLM-Adapters adds: parallel to a map, behind it, or before it.
  ///
  /// Before a map, W (x + s U act(D x)) is W x + s (W U) act(D x): the map and U become one.
  func addBottleneck(_ module: PeftTensors.Module, to edits: inout PeftEdits) throws {
    let (target, field) = (edits.target, configuration.field)
    let (nameD, nameU) = (module.name(of: "adapter_down.weight"), module.name(of: "adapter_up.weight"))
    let parts = try target.parts(of: module.name + ".weight", tensor: nameD)
    let map = try target.map(parts, tensor: nameD)
    let isParallel = try field["use_parallel_adapter"].bool(or: false)
    let last = module.name.split(separator: ".").last.map(String.init) ?? module.name
    let isBefore = !isParallel && Self.before.contains(last)
    guard isParallel || isBefore || Self.behind.contains(last) else {
      throw target.refusal(
        nameD,
        "it is for `\(last)`, and a serial adapter of LLM-Adapters stands at \((Self.before + Self.behind).joined(separator: ", "))"
      )
    }
    let (reads, gives) =
      isParallel ? (map.input, map.output) : isBefore ? (map.input, map.input) : (map.output, map.output)
    let side = isParallel || isBefore ? "input" : "output"
    guard side == "input" || parts.count == 1 else {
      throw target.refusal(nameD, "it reads what several weights of this model give together, which is not supported")
    }
    let D = try target.tensor(
      module.tensor("adapter_down.weight"), nameD, [nil, reads], ["bottleneck", side], of: module.name)
    let size = D.shape.sizes[0]
    let U = try target.tensor(
      module.tensor("adapter_up.weight"), nameU, [gives, size], ["output", "bottleneck"], of: module.name)
    let arguments = try [
      OperatorArgument("size", .integer(size)), OperatorArgument("activation", .text(activation())),
      OperatorArgument("reads", .text(side)), OperatorArgument("scaling", scaling(of: module, target)),
    ]
    for part in parts {
      let own: Tensor
      if isBefore, let weight = try target.weight(at: part) {
        own = try weight.contract(U.rename("output", to: "input"), over: ["input"])
      } else {
        own = try U.rows(part.outputs)
      }
      edits.add("bottleneck", arguments, at: part, [.init("D", D, from: nameD), .init("U", own, from: nameU)])
    }
    if isBefore {
      edits.note(
        "adapters before a map are added beside it, their `adapter_up` multiplied by the map's weight: the same numbers but for rounding"
      )
    }
  }

  private func activation() throws -> String {
    let field = configuration.field["non_linearity"]
    let known = ["relu": "relu", "gelu": "gelu", "silu": "silu", "swish": "silu", "tanh": "tanh"]
    guard let name = known[try field.string(or: "tanh")] else {
      throw field.mustBe("one of \(known.keys.sorted().joined(separator: ", "))")
    }
    return name
  }

  private func scaling(of module: PeftTensors.Module, _ target: PeftTarget) throws -> OperatorArgument.Value {
    let field = configuration.field["scaling"]
    guard case .string(let text) = field.value else {
      let factor = try field.number(or: 1)
      return Int(exactly: factor).map { .integer($0) } ?? .number(Float(factor))
    }
    guard text == "learned" else { throw field.mustBe("a number or \"learned\"") }
    let name = module.name(of: "adapter_scaling")
    let learned = try target.tensor(module.tensor("adapter_scaling"), name, [1], ["one"], of: module.name)
    return .number(learned.floats()[0])
  }
}
