import Checkpoints
import Interventions
import Tensors

/// The classes of interventions whose equations the standard library has.
enum PyreftClass {
  /// h + Rᵀ(W h + b − R h)
  case loreft
  /// The same with a free matrix; `proj_layer` may have a bias, which goes into b.
  case noreft
  /// h + Rᵀ(W h + b)
  case direft
  /// h + Pᵀ(W h + b), P free
  case nodireft
  /// h + Rᵀ(b − R h)
  case consreft
  /// h + Rᵀ b
  case lobireft
  /// A constant: h + v, h − v, v, 0
  case addition, subtraction, replacement, zero

  /// - Throws: `PyreftRefusal` for a class that is not known, or that takes its values from another run.
  init(_ name: String, isConstant: Bool) throws {
    let known: [String: PyreftClass] = [
      "LoreftIntervention": .loreft, "NoreftIntervention": .noreft, "DireftIntervention": .direft,
      "NodireftIntervention": .nodireft, "ConsreftIntervention": .consreft, "LobireftIntervention": .lobireft,
      "ZeroIntervention": .zero,
    ]
    let constants: [String: PyreftClass] = [
      "AdditionIntervention": .addition, "SubtractionIntervention": .subtraction, "VanillaIntervention": .replacement,
    ]
    if let reason = Self.idle[name] { throw PyreftRefusal(reason: reason) }
    if let found = known[name] ?? (isConstant ? constants[name] : nil) {
      self = found
    } else if constants[name] != nil {
      throw PyreftRefusal(
        reason: "it takes its values from a run of another prompt, which is not in the file; use patch")
    } else {
      throw PyreftRefusal(
        reason: "this class is not known here; known are "
          + listing((Array(known.keys) + constants.keys).sorted(), limit: 20))
    }
  }

  /// Classes that change nothing.
  private static let idle = [
    "CollectIntervention": "it only collects activations and changes none; use trace",
    "ConstantSourceIntervention": "it is what others are derived from and does nothing by itself",
  ]

  /// Whether pyvene changes only the first columns where `intervention_dimensions` says fewer than there are.
  var actsByColumns: Bool {
    switch self {
    case .addition, .subtraction, .replacement, .zero: true
    default: false
    }
  }

  func edit(at place: ForeignPlace, on tokens: TokenSelector, file: String, in folder: FileSource) throws -> ForeignEdit
  {
    if case .zero = self { return ForeignEdit(at: place, on: tokens, "zero") }
    let state = try TorchFile(folder.bytes(of: file, expected: "the tensors of an intervention that config.json lists"))
    let tensors = PyreftState(field: state.field, file: file)
    switch self {
    case .loreft:
      return try tensors.edit(
        at: place, on: tokens, "loreft",
        [tensors.rows("rotate_layer"), tensors.matrix("W", "weight"), tensors.vector("b", "bias")])
    case .noreft:
      var bias = try tensors.vector("b", "learned_source.bias")
      if state.field["proj_layer.bias"].exists {
        let shift = try tensors.vector("b", "proj_layer.bias")
        bias = ForeignEdit.Parameter("b", try bias.tensor - shift.tensor, from: bias.origin + " − proj_layer.bias")
      }
      return try tensors.edit(
        at: place, on: tokens, "noreft",
        [tensors.matrix("R", "proj_layer.weight"), tensors.matrix("W", "learned_source.weight"), bias])
    case .direft:
      return try tensors.edit(
        at: place, on: tokens, "direft",
        [
          tensors.rotation("rotate_layer"), tensors.matrix("W", "learned_source.weight"),
          tensors.vector("b", "learned_source.bias"),
        ])
    case .nodireft:
      return try tensors.edit(
        at: place, on: tokens, "nodireft",
        [
          tensors.matrix("R", "proj_layer.weight"), tensors.matrix("W", "learned_source.weight"),
          tensors.vector("b", "learned_source.bias"),
        ])
    case .consreft, .lobireft:
      return try tensors.edit(
        at: place, on: tokens, "\(self)", [tensors.rotation("rotate_layer"), tensors.vector("b", "learned_source")])
    case .addition, .subtraction, .replacement, .zero:
      let source = try tensors.constant("source_representation")
      var value = source
      if case .subtraction = self { value = try source * Tensor(-1) }
      let name = if case .replacement = self { "value" } else { "v" }
      return ForeignEdit(
        at: place, on: tokens, name == "v" ? "add" : "replace",
        [OperatorArgument(name, .tensor(value), isPositional: true)],
        origins: [name: "\(file): source_representation"])
    }
  }
}

/// The tensors of one `intkey_….bin`, in our layout and with our axes, f32.
struct PyreftState {
  let field: TorchField
  let file: String

  func edit(
    at place: ForeignPlace, on tokens: TokenSelector, _ operation: String, _ parameters: [ForeignEdit.Parameter]
  ) throws -> ForeignEdit {
    let rank = parameters[0].tensor.axes[0].size
    return ForeignEdit(
      at: place, on: tokens, operation, [OperatorArgument("rank", .integer(rank))], parameters: parameters)
  }

  /// `[rank, model]`, as torch's `Linear` has it.
  func matrix(_ name: String, _ key: String) throws -> ForeignEdit.Parameter {
    ForeignEdit.Parameter(name, try tensor(key, ["rank", "model"]), from: "\(file): \(key)")
  }

  /// `[rank]`
  func vector(_ name: String, _ key: String) throws -> ForeignEdit.Parameter {
    ForeignEdit.Parameter(name, try tensor(key, ["rank"]), from: "\(file): \(key)")
  }

  /// A `[model, rank]` with orthonormal columns as our `R`.
  func rows(_ key: String) throws -> ForeignEdit.Parameter {
    let turned = try tensor(key, ["model", "rank"]).transpose("model", "rank")
    return ForeignEdit.Parameter("R", turned, from: "\(file): \(key)", isOrthonormal: true)
  }

  /// The columns that torch's orthogonal parametrisation makes of what it stores.
  func rotation(_ key: String) throws -> ForeignEdit.Parameter {
    let (original, base) = (
      "\(key).parametrizations.weight.original", "\(key).parametrizations.weight.0.base"
    )
    guard field[original].exists else { return try rows(key) }
    let stored = try tensor(original, ["model", "rank"])
    guard stored.axes[1].size < stored.axes[0].size else {
      throw PyreftRefusal(reason: "its rank is the width, where torch stores the exponent of a rotation")
    }
    let turns = field[base].exists ? try tensor(base, ["model", "column"]) : nil
    if let turns, turns.axes[0].size != stored.axes[0].size || turns.axes[1].size != stored.axes[0].size {
      throw field[base].mustBe("a tensor of shape [\(stored.axes[0].size), \(stored.axes[0].size)]")
    }
    return ForeignEdit.Parameter(
      "R", TorchRotation.rows(of: stored, base: turns), from: "\(file): \(original)", isOrthonormal: true)
  }

  /// A constant: `[model]`, possibly with axes of size 1 before it.
  func constant(_ key: String) throws -> Tensor {
    let stored = try field[key].tensor()
    guard let width = stored.shape.last, stored.shape.dropLast().allSatisfy({ $0 == 1 }) else {
      throw field[key].mustBe("one vector")
    }
    return try stored.tensor().to(.f32).reshape([Axis("model", width)])
  }

  private func tensor(_ key: String, _ axes: [String]) throws -> Tensor {
    try field[key].tensor(axes: axes).to(.f32)
  }
}
