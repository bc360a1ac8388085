import Interventions
import Tensors

extension PeftAdapter {
  /// A factor for each output of a module, its bias included, or for each input where it was trained as feed-forward.
  func addIA3(_ module: PeftTensors.Module, to edits: inout PeftEdits) throws {
    let target = edits.target
    let name = module.name(of: "ia3_l")
    let parts = try target.parts(of: module.name + ".weight", tensor: name)
    let map = try target.map(parts, tensor: name)
    guard let factors = module.tensor("ia3_l"), factors.shape.rank == 2, factors.shape.sizes.contains(1) else {
      throw target.refusal(name, "it is no column of factors for outputs and no row of factors for inputs")
    }
    guard factors.shape.sizes[1] == 1 else {
      let l = try target.tensor(factors, name, [1, map.input], ["one", "input"], of: module.name).squeeze("one")
      for part in parts {
        edits.add("ia3", [OperatorArgument("side", .text("input"))], at: part, [.init("l", l, from: name)])
      }
      return
    }
    let l = try target.tensor(factors, name, [map.output, 1], ["output", "one"], of: module.name).squeeze("one")
    // What a module gives is multiplied with its bias.
    for part in try parts + (target.weights(of: module.name + ".bias") ?? []) {
      edits.add("ia3", at: part, [.init("l", try l.rows(part.outputs), from: name)])
    }
  }
}
