import Autodiff
import Checkpoints
import Tensors

/// A training's state as a file, with all that tells whether another run may go on from it.
///
/// One safetensors file: `parameter.<name>` is what learns (for orthonormal rows the matrix they are made from, with
/// `origin.<name>` the rows it is reckoned from), `<memory>.<name>` the optimiser's, `best.<name>` the best so far, `history.<column>` a number for each step. Its
/// metadata `steersh.training` says the rest in JSON.
struct TrainingCheckpoint {
  let state: TrainingState
  let key: RandomKey
  private let names: [String]
  private let memory: [String]
  /// What both runs must have in common, in the order in which a difference is reported.
  private let settings: [(name: String, value: String)]

  private static let metadataKey = "steersh.training"
  private static let format = 2

  init(_ state: TrainingState, _ objective: any TrainingObjective, _ options: TrainingOptions, steps: Int) {
    self.state = state
    key = options.key
    names = objective.parameters.map(\.name)
    memory = options.rule.memory
    settings = Self.settings(objective, options, steps: steps)
  }

  private static func settings(
    _ objective: any TrainingObjective, _ options: TrainingOptions, steps: Int
  ) -> [(name: String, value: String)] {
    // How long it is matters only where the rate depends on it.
    let length = options.schedule.shape == .constant && !options.schedule.warmUp.isShare ? "any" : "\(steps)"
    let decay = "\(options.decay)" + (options.decaysVectors ? ", vectors too" : "")
    let patience = options.patience.map { "\($0), \(options.watched.rawValue)" }
    let own: [(name: String, value: String)] = [
      ("items", "\(objective.count)"),
      ("data", String(objective.dataFingerprint, radix: 16)),
      ("steps", length),
      ("batch", "\(options.batch)"),
      ("accumulate", "\(options.accumulate)"),
      ("optimiser", "\(options.rule)"),
      ("lr", "\(options.rate)"),
      ("schedule", "\(options.schedule)"),
      ("decay", decay),
      ("clip", options.clip.map { "\($0)" } ?? "nil"),
      ("constraint", options.constraint.rawValue),
      ("every", options.heldOutEvery.map { "\($0)" } ?? "nil"),
      ("patience", patience ?? "nil"),
    ]
    return objective.subject + own
  }

  // MARK: Writing

  func write(to path: String) throws {
    var tensors: [(name: String, tensor: Tensor)] = []
    for (place, name) in names.enumerated() {
      tensors.append(("parameter.\(name)", state.raw[place]))
      if let origin = state.origins[place] { tensors.append(("origin.\(name)", origin)) }
      for (slot, kind) in memory.enumerated() { tensors.append(("\(kind).\(name)", state.memory[place].memory[slot])) }
      if let best = state.best { tensors.append(("best.\(name)", best.raw[place])) }
    }
    let history = state.history
    func axis(_ count: Int) -> [Axis] { [Axis("step", count)] }
    for (column, values) in [("loss", history.losses), ("rate", history.rates), ("norm", history.norms)] {
      tensors.append(("history.\(column)", Tensor(axis(values.count), values)))
    }
    let found = history.heldOut
    tensors.append(("held_out.step", try Tensor.of(found.map(\.step), axis(found.count))))
    tensors.append(("held_out.loss", Tensor(axis(found.count), found.map(\.loss))))
    tensors.append(("held_out.accuracy", Tensor(axis(found.count), found.map { $0.accuracy ?? .nan })))
    var about: JSON.Object = [
      "format": .integer(Self.format), "library": .string(SavedFile.library), "step": .integer(state.step),
      "key": .string("\(key.word)"), "counts": .array(state.memory.map { .integer($0.steps) }),
      "since_best": .integer(state.sinceBest), "parameters": .array(names.map { .string($0) }),
      "settings": .array(settings.map { .array([.string($0.name), .string($0.value)]) }),
    ]
    if let best = state.best {
      about["best"] = .object(["step": .integer(best.step), "value": .string("\(best.value)")])
    }
    let text = try JSON.object(about).text(file: path)
    try Safetensors.write(tensors, metadata: [Self.metadataKey: text], to: path)
  }

  // MARK: Reading

  /// - Throws: `TrainingError.checkpoint` for a file of another training, naming the first difference.
  init(path: String, _ objective: any TrainingObjective, _ options: TrainingOptions, steps: Int) throws {
    let file = try Safetensors(FileBytes(path: path, expected: "a checkpoint of a training (.safetensors)"))
    guard let text = file.metadata[Self.metadataKey] else {
      throw TrainingError.checkpoint(path: path, reason: "this is no checkpoint of a training")
    }
    let about = Field(try JSON.parse(text, file: path), file: path)
    let format = try about["format"].integer(in: 1...)
    guard format == Self.format else {
      throw TrainingError.checkpoint(
        path: path, reason: "it has format \(format); this version reads \(Self.format)")
    }
    names = objective.parameters.map(\.name)
    memory = options.rule.memory
    settings = Self.settings(objective, options, steps: steps)
    try Self.compare(try about["settings"].array().map { try $0.strings() }, settings, path)
    guard try about["parameters"].strings() == names, let word = UInt64(try about["key"].string()) else {
      throw TrainingError.checkpoint(path: path, reason: "it holds other parameters than the intervention has")
    }
    key = RandomKey(seed: word)
    state = try Self.state(about, file, objective, options, path)
    guard state.step <= steps else {
      throw TrainingError.checkpoint(path: path, reason: "it was written after \(state.step) steps, more than \(steps)")
    }
  }

  private static func compare(
    _ found: [[String]], _ expected: [(name: String, value: String)], _ path: String
  ) throws {
    for (own, its) in zip(expected, found) where its != [own.name, own.value] {
      throw TrainingError.checkpoint(
        path: path,
        reason: "it belongs to a training with \(its.joined(separator: " ")), this one has \(own.name) \(own.value)")
    }
    guard found.count == expected.count else {
      throw TrainingError.checkpoint(path: path, reason: "it says other things about its training than this version")
    }
  }

  private static func state(
    _ about: Field, _ file: Safetensors, _ objective: any TrainingObjective, _ options: TrainingOptions,
    _ path: String
  ) throws -> TrainingState {
    var state = try TrainingState(objective.parameters, options.rule)
    func tensor(_ kind: String, like start: Tensor, _ name: String) throws -> Tensor {
      let tensor = try file.tensor(named: "\(kind).\(name)", axes: start.shape.names)
      guard tensor.shape == start.shape, tensor.dtype == .f32 else {
        throw TrainingError.checkpoint(
          path: path, reason: "`\(kind).\(name)` is \(tensor.shape), expected \(start.shape)")
      }
      return tensor
    }
    let counts = try about["counts"].integers(in: 0...)
    let starts = state.raw
    guard counts.count == starts.count else {
      throw TrainingError.checkpoint(path: path, reason: "it counts the steps of \(counts.count) parameters")
    }
    state.step = try about["step"].integer(in: 0...)
    state.sinceBest = try about["since_best"].integer(in: 0...)
    for (place, parameter) in objective.parameters.enumerated() {
      state.raw[place] = try tensor("parameter", like: starts[place], parameter.name)
      if state.origins[place] != nil {
        state.origins[place] = try tensor("origin", like: starts[place], parameter.name)
      }
      state.memory[place] = OptimiserState(
        steps: counts[place],
        memory: try options.rule.memory.map { try tensor($0, like: starts[place], parameter.name) })
    }
    if about["best"].exists {
      guard let value = Float(try about["best"]["value"].string()) else {
        throw about["best"]["value"].mustBe("a number in quotes")
      }
      state.best = TrainingState.Best(
        step: try about["best"]["step"].integer(in: 0...), value: value,
        raw: try zip(objective.parameters, starts).map { try tensor("best", like: $1, $0.name) })
    }
    func column(_ name: String) throws -> [Float] { try file.tensor(named: name, axes: ["step"]).to(.f32).floats() }
    state.history.losses = try column("history.loss")
    state.history.rates = try column("history.rate")
    state.history.norms = try column("history.norm")
    let (losses, accuracies) = (try column("held_out.loss"), try column("held_out.accuracy"))
    let measured = try file.tensor(named: "held_out.step", axes: ["step"]).integers()
    guard losses.count == measured.count, accuracies.count == measured.count else {
      throw TrainingError.checkpoint(path: path, reason: "its held-out measurements are not of one length")
    }
    state.history.heldOut = measured.indices.map {
      TrainingHistory.HeldOut(
        step: measured[$0], loss: losses[$0], accuracy: accuracies[$0].isNaN ? nil : accuracies[$0])
    }
    return state
  }
}

extension Schedule.WarmUp {
  fileprivate var isShare: Bool {
    guard case .share = self else { return false }
    return true
  }
}
