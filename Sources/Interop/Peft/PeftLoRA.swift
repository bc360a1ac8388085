import Checkpoints
import Interventions
import Tensors

extension PeftAdapter {
  /// W + α/r · B A; with `use_rslora` α/√r; with `use_dora` each row at a length of its own.
  func addLoRA(_ module: PeftTensors.Module, to edits: inout PeftEdits) throws {
    let target = edits.target
    let (nameA, nameB) = (module.name(of: "lora_A.weight"), module.name(of: "lora_B.weight"))
    let parts = try target.parts(of: module.name + ".weight", tensor: nameA)
    if target.isTable(parts) { return try addOutputLoRA(module, at: parts[0], to: &edits) }
    let map = try target.map(parts, tensor: nameA)
    let a = try target.tensor(
      module.tensor("lora_A.weight"), nameA, [nil, map.input], ["rank", "input"], of: module.name)
    let rank = a.shape.sizes[0]
    let b = try target.tensor(
      module.tensor("lora_B.weight"), nameB, [map.output, rank], ["output", "rank"], of: module.name)
    let arguments = try self.arguments(of: module, rank: rank)
    let (nameM, hasLengths) = (
      module.name(of: "lora_magnitude_vector"), try configuration.field["use_dora"].bool(or: false)
    )
    let lengths =
      hasLengths
      ? try target.tensor(
        module.tensor("lora_magnitude_vector"), nameM, [map.output], ["output"], of: module.name) : nil
    for part in parts {
      var parameters: [ForeignEdit.Parameter] = [
        .init("A", a, from: nameA), .init("B", try b.rows(part.outputs), from: nameB),
      ]
      if let lengths { parameters.append(.init("m", try lengths.rows(part.outputs), from: nameM)) }
      edits.add(hasLengths ? "dora" : "lora", arguments, at: part, parameters)
    }
    if let bias = module.tensor("lora_B.bias") { try addBias(bias, of: module, arguments, to: &edits) }
  }

  /// `lora_bias`: α/r · b beside the module's own bias.
  private func addBias(
    _ bias: Tensor, of module: PeftTensors.Module, _ arguments: [OperatorArgument], to edits: inout PeftEdits
  ) throws {
    let name = module.name(of: "lora_B.bias")
    // A bias of zeros, as peft starts it, adds nothing.
    if bias.to(.f32).withFloats({ $0.allSatisfy { $0 == 0 } }) { return }
    guard try edits.target.isGuess || edits.target.weights(of: module.name + ".bias") != nil else {
      throw edits.target.refusal(
        name, "it adds a bias to `\(module.name)`, which has none in this model, and there is no operator that would")
    }
    let scaled = bias.to(.f32).scaled(by: Self.scale(arguments))
    for part in try edits.target.parts(of: module.name + ".bias", tensor: name) {
      let own = try edits.target.whole(scaled, name: name, part)
      edits.add("shift", at: part, [.init("b", own, from: name)])
    }
  }

  /// W + α/r · (B A)ᵀ at a table of embeddings.
  func addEmbeddingLoRA(_ module: PeftTensors.Module, to edits: inout PeftEdits) throws {
    let target = edits.target
    let (keyA, keyB) = ("lora_embedding_A", "lora_embedding_B")
    let parts = try target.parts(of: module.name + ".weight", tensor: module.name(of: keyA))
    let (rows, width) = try target.table(parts, tensor: module.name(of: keyA))
    guard !target.sharesTable else {
      throw target.refusal(
        module.name(of: keyA),
        "it changes the embeddings alone, and this model's output layer is the same table; merge the adapter in peft first"
      )
    }
    let a = try target.tensor(
      module.tensor(keyA), module.name(of: keyA), [nil, rows], ["rank", "vocab"], of: module.name)
    let rank = a.shape.sizes[0]
    let b = try target.tensor(
      module.tensor(keyB), module.name(of: keyB), [width, rank], ["model", "rank"], of: module.name)
    edits.add(
      "lora_embedding", try arguments(of: module, rank: rank), at: parts[0],
      [.init("A", a, from: module.name(of: keyA)), .init("B", b, from: module.name(of: keyB))])
  }

  /// W + α/r · B A at the output layer, whose axes are those of a table of embeddings: A and B change places.
  private func addOutputLoRA(
    _ module: PeftTensors.Module, at part: PeftTarget.Part, to edits: inout PeftEdits
  ) throws {
    let target = edits.target
    let (nameA, nameB) = (module.name(of: "lora_A.weight"), module.name(of: "lora_B.weight"))
    guard try !configuration.field["use_dora"].bool(or: false) else {
      throw target.refusal(nameA, "DoRA of the output layer is not supported")
    }
    let (rows, width) = try target.table([part], tensor: nameA)
    let a = try target.tensor(module.tensor("lora_A.weight"), nameA, [nil, width], ["rank", "model"], of: module.name)
    let rank = a.shape.sizes[0]
    let b = try target.tensor(module.tensor("lora_B.weight"), nameB, [rows, rank], ["vocab", "rank"], of: module.name)
    edits.add(
      "lora_embedding", try arguments(of: module, rank: rank), at: part,
      [
        .init("A", try b.reorder(["rank", "vocab"]), from: nameB),
        .init("B", try a.reorder(["model", "rank"]), from: nameA),
      ])
  }

  /// r, α and the rule between them for one module.
  ///
  /// - Throws: an error where the configuration says another rank than the tensors have; peft would not load them either.
  private func arguments(of module: PeftTensors.Module, rank: Int) throws -> [OperatorArgument] {
    let field = configuration.field
    let said = try ranks.value(for: module.name) ?? Double(field["r"].integer(in: 1..., or: 8))
    guard said == Double(rank) else {
      throw field["r"].mustBe("\(rank), the rank that `\(module.name)` has in \(tensors.file)")
    }
    let alpha = try alphas.value(for: module.name) ?? field["lora_alpha"].number(or: 8)
    let isStabilised = try field["use_rslora"].bool(or: false)
    let given: OperatorArgument.Value = Int(exactly: alpha).map { .integer($0) } ?? .number(Float(alpha))
    return [OperatorArgument("rank", .integer(rank)), OperatorArgument("alpha", given)]
      + (isStabilised ? [OperatorArgument("stabilised", .flag(true))] : [])
  }

  /// The factor of `lora(…)` with these arguments.
  static func scale(_ arguments: [OperatorArgument]) -> Double {
    var (rank, alpha, isStabilised) = (8.0, Double?.none, false)
    for argument in arguments {
      switch (argument.name, argument.value) {
      case ("rank", .integer(let value)): rank = Double(value)
      case ("alpha", .integer(let value)): alpha = Double(value)
      case ("alpha", .number(let value)): alpha = Double(value)
      case ("stabilised", .flag(let value)): isStabilised = value
      default: break
      }
    }
    return (alpha ?? 2 * rank) / (isStabilised ? rank.squareRoot() : rank)
  }
}
