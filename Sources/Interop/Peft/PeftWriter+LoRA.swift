import Checkpoints
import Interventions
import Tensors

extension PeftWriter {
  /// `lora_A`, `lora_B`, DoRA's lengths, LoRA of embeddings; ranks and α that differ go into patterns.
  func addLoRA(_ modules: [Module], to content: inout Content) throws {
    let all = modules.flatMap { $0.edits.compactMap { $0 } }
    let isStabilised = !all.isEmpty && all.allSatisfy { $0.flag("stabilised") }
    let isDoRA = all.contains { $0.operation == "dora" }
    if isDoRA, let other = all.first(where: { $0.operation != "dora" }) {
      throw refusal(other.edit, "peft has DoRA in all modules of a folder or in none")
    }
    let hasBias = modules.contains { $0.biases.contains { $0 != nil } }
    var (ranks, alphas): (JSON.Object, JSON.Object) = ([:], [:])
    for module in modules {
      let factors = try self.factors(module, isDoRA: isDoRA)
      let keys = factors.isTable ? ("lora_embedding_A", "lora_embedding_B") : ("lora_A.weight", "lora_B.weight")
      content.add(module.name, keys.0, factors.a)
      content.add(module.name, keys.1, factors.b)
      if let lengths = factors.lengths { content.add(module.name, "lora_magnitude_vector", lengths) }
      if hasBias { content.add(module.name, "lora_B.bias", try bias(module, scale: factors.scale)) }
      let rank = factors.rank
      let alpha = factors.scale * (isStabilised ? Double(rank).squareRoot() : Double(rank))
      let key = "^" + module.name.map { $0 == "." ? "\\." : "\($0)" }.joined()
      ranks[key] = .integer(rank)
      alphas[key] = Int(exactly: alpha).map { .integer($0) } ?? .number(alpha)
    }
    content.settings["r"] = .integer(1)
    content.settings["lora_alpha"] = .integer(1)
    // What all modules share need not stand at each.
    if let one = Self.onlyValue(ranks) { (content.settings["r"], ranks) = (one, [:]) }
    if let one = Self.onlyValue(alphas) { (content.settings["lora_alpha"], alphas) = (one, [:]) }
    let settings: JSON.Object = [
      "rank_pattern": .object(ranks), "alpha_pattern": .object(alphas), "bias": .string("none"),
      "fan_in_fan_out":
        .bool(modules.contains { $0.parts.contains(where: \.isTurned) }), "init_lora_weights": .bool(true),
      "lora_bias": .bool(hasBias), "lora_dropout": .number(0), "use_dora": .bool(isDoRA),
      "use_rslora": .bool(isStabilised),
    ]
    for (name, value) in settings.entries { content.settings[name] = value }
  }

  private struct Factors {
    let (a, b): (Tensor, Tensor)
    var lengths: Tensor?
    let scale: Double
    var isTable = false

    var rank: Int { a.shape.sizes[0] }
  }

  private func factors(_ module: Module, isDoRA: Bool) throws -> Factors {
    let present = module.edits.compactMap { $0 }
    guard let first = present.first else {
      let edit = module.biases.compactMap { $0 }[0].edit
      throw refusal(edit, "peft adds a bias only where there is a LoRA, and there is none at `\(module.name)`")
    }
    let scale = Self.scale(first)
    if first.operation == "lora_embedding" {
      let (a, b) = (try first.tensor("A"), try first.tensor("B"))
      guard module.parts[0].site.point != .embeddingsWeight else {
        return Factors(a: a, b: b, scale: scale, isTable: true)
      }
      // The output layer is a linear map to peft.
      return Factors(a: try b.reorder(["rank", "model"]), b: try a.reorder(["vocab", "rank"]), scale: scale)
    }
    guard module.parts.count > 1 else {
      return Factors(
        a: try first.tensor("A"), b: try first.tensor("B"), lengths: isDoRA ? try first.tensor("m") : nil, scale: scale)
    }
    return try joined(module, present, isDoRA: isDoRA)
  }

  /// One LoRA for several weights that a module holds: their own A one below the other, unless they share it.
  private func joined(_ module: Module, _ present: [Own], isDoRA: Bool) throws -> Factors {
    let a = try present.map { try $0.tensor("A") }
    let isShared =
      present.count == module.parts.count && a.allSatisfy { $0.floats() == a[0].floats() }
      && Set(present.map(Self.scale)).count == 1
    guard !isDoRA || isShared else {
      throw refusal(present[0].edit, "`\(module.name)` holds several weights, whose DoRA must have the same A")
    }
    if isShared {
      return Factors(
        a: a[0], b: try Tensor.concat(try present.map { try $0.tensor("B") }, along: "output"),
        lengths: isDoRA ? try Tensor.concat(try present.map { try $0.tensor("m") }, along: "output") : nil,
        scale: Self.scale(present[0]))
    }
    let rank = a.reduce(0) { $0 + $1.shape.sizes[0] }
    let outputs = module.parts[0].count ?? 0
    var b = [Float](repeating: 0, count: outputs * rank)
    var column = 0
    for (part, own) in zip(module.parts, module.edits) {
      guard let own, let range = part.outputs else { continue }
      let values = try own.tensor("B").scaled(by: Self.scale(own)).reorder(["output", "rank"])
      let width = values.shape.sizes[1]
      let numbers = values.floats()
      for row in range {
        for place in 0..<width { b[row * rank + column + place] = numbers[(row - range.lowerBound) * width + place] }
      }
      column += width
    }
    return Factors(
      a: try Tensor.concat(a, along: "rank"), b: Tensor([Axis("output", outputs), Axis("rank", rank)], b), scale: 1)
  }

  /// What `lora_bias` holds: it is multiplied as B is.
  private func bias(_ module: Module, scale: Double) throws -> Tensor {
    let parts = try zip(module.parts, module.biases).map { part, own in
      let size = part.outputs?.count ?? model.configuration.weightAxes(of: part.site)?.first?.size ?? 0
      guard let own else { return try Tensor.zeros([Axis("output", size)]) }
      guard own.operation == "shift" else { throw refusal(own.edit, "LoRA of a bias is none of peft's") }
      return try own.tensor("b").scaled(by: 1 / scale)
    }
    return parts.count == 1 ? parts[0] : try Tensor.concat(parts, along: "output")
  }

  private static func scale(_ own: Own) -> Double { PeftAdapter.scale(own.arguments) }

  private static func onlyValue(_ object: JSON.Object) -> JSON? {
    guard let first = object.values.first, object.values.allSatisfy({ $0 == first }) else { return nil }
    return first
  }
}
