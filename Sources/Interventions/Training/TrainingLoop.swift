import Autodiff
import Models
import Tensors

/// How far a training is.
public struct TrainingProgress {
  /// Steps done, and all there are.
  public let step: Int
  public let steps: Int
  /// Of the step just done.
  public let loss: Float
  public let rate: Float
  /// The last measurement on held-out items.
  public let heldOut: TrainingHistory.HeldOut?
}

/// Takes steps until a training is over or cannot go on.
final class TrainingLoop {
  private let objective: any TrainingObjective
  private let options: TrainingOptions
  private let steps: Int
  private let control: RunControl
  private let progress: (TrainingProgress) throws -> Void
  private let write: CheckpointWriter
  private var order: TrainingOrder
  private var state: TrainingState
  /// The state before the last step: what is kept when that step went wrong.
  private var previous: TrainingState
  /// The step that the checkpoint on disk holds.
  private var written: Int?

  /// Writes a state to a path.
  typealias CheckpointWriter = (TrainingCheckpoint, String) throws -> Void

  init(
    _ objective: any TrainingObjective, _ options: TrainingOptions, control: RunControl = RunControl(),
    write: @escaping CheckpointWriter = { try $0.write(to: $1) },
    progress: @escaping (TrainingProgress) throws -> Void = { _ in }
  ) throws {
    try options.check()
    guard objective.count > 0 else { throw TrainingError.noData }
    self.objective = objective
    self.control = control
    self.progress = progress
    self.write = write
    steps = options.steps(for: objective.count)
    var options = options
    state = try TrainingState(objective.parameters, options.rule)
    if let path = options.resume {
      let checkpoint = try TrainingCheckpoint(path: path, objective, options, steps: steps)
      state = checkpoint.state
      // The order goes on where it was, whatever key this run was given.
      options.key = checkpoint.key
    }
    self.options = options
    previous = state
    order = TrainingOrder(count: objective.count, batch: options.batch, key: options.key)
  }

  func run() throws -> TrainingResult {
    do {
      // A run that was stopped in the middle of a measurement goes on with it.
      try measureWhenDue()
      while state.step < steps, !isOver {
        try step()
        try measureWhenDue()
        if let every = options.checkpointEvery, state.step % every == 0 { try save(state) }
        try report()
      }
      try save(state)
      return try result(state)
    } catch let stop as StoppedTraining {
      throw stop
    } catch ModelError.interrupted {
      throw stop(.cancelled, keeping: state)
    } catch {
      throw stop(.failed(error), keeping: state)
    }
  }

  /// Whether patience is at its end.
  private var isOver: Bool { options.patience.map { state.sinceBest >= $0 } ?? false }

  private func step() throws {
    let items = try order.items(of: state.step)
    let key = options.key.fold("step").fold(UInt64(state.step))
    let (loss, gradients) = try gradients(items, key)
    guard loss.isFinite else { throw diverged("the loss became \(numberText(loss))", items, keeping: previous) }
    let norm = globalNorm(gradients.compactMap { $0 })
    guard norm.isFinite else { throw diverged("a gradient became \(numberText(norm))", items, keeping: state) }
    var next = state
    let rate = options.rate * options.schedule.factor(at: state.step, of: steps)
    let scale = clippingScale(norm: norm, limit: options.clip)
    for (place, gradient) in gradients.enumerated() {
      guard let gradient else { continue }
      next.raw[place] = options.rule.step(
        state.raw[place], gradient, scale: scale, rate: rate,
        decay: objective.parameters[place].decays(options) ? options.decay : 0, state: &next.memory[place])
    }
    next.step += 1
    next.history.losses.append(loss)
    next.history.rates.append(Float(rate))
    next.history.norms.append(Float(norm))
    previous = state
    state = next
  }

  /// The loss over some items, and its gradient for what learns; nil for what these items do not depend on.
  private func gradients(_ items: [Int], _ key: RandomKey) throws -> (loss: Float, [Tensor?]) {
    let raw = state.raw.map { Variable.leaf($0) }
    let seen = try raw.indices.map { try objective.parameters[$0].seen(raw[$0], from: state.origins[$0]) }
    // Parts differentiate up to what operators see; the way from there to what learns is gone once.
    let leaves = seen.map { Variable.leaf($0.value) }
    let normaliser = try objective.normaliser(items)
    var total = 0.0
    var sums: [Tensor?] = leaves.map { _ in nil }
    for (number, part) in try parts(items).enumerated() {
      try control.check()
      let loss = try objective.loss(part, of: normaliser, parameters: leaves, key: key.fold(UInt64(number)))
      total += Double(try loss.value.item())
      guard loss.isTracked, total.isFinite else { continue }
      let gradients = try loss.backward()
      for (place, leaf) in leaves.enumerated() {
        guard let gradient = gradients[leaf] else { continue }
        sums[place] = try sums[place]?.adding(gradient) ?? gradient
      }
    }
    for (place, parameter) in objective.parameters.enumerated() where parameter.constraint != .free {
      if let sum = sums[place] { sums[place] = try seen[place].backward(sum)[raw[place]] }
    }
    return (Float(total), sums)
  }

  /// The items dealt out by size, so that every part has large and small ones.
  private func parts(_ items: [Int]) throws -> [[Int]] {
    let count = min(options.accumulate, items.count)
    guard count > 1 else { return [items] }
    let sizes = try items.map { try objective.size($0) }
    let sorted = items.indices.sorted { (sizes[$0], $0) < (sizes[$1], $1) }
    var parts: [[Int]] = Array(repeating: [], count: count)
    for (place, index) in sorted.enumerated() { parts[place % count].append(index) }
    return parts.map { $0.sorted().map { items[$0] } }
  }

  private func measureWhenDue() throws {
    let isDue = options.heldOutEvery.map { state.step % $0 == 0 } ?? false
    guard state.step > 0, isDue || state.step == steps, state.history.heldOut.last?.step != state.step,
      let found = try objective.measure(parameters: seenValues(state))
    else { return }
    state.history.heldOut.append(
      TrainingHistory.HeldOut(step: state.step, loss: found.loss, accuracy: found.accuracy))
    let value = options.watched == .accuracy ? found.accuracy ?? -found.loss : -found.loss
    if state.best.map({ value > $0.value }) ?? true {
      state.best = TrainingState.Best(step: state.step, value: value, raw: state.raw)
      state.sinceBest = 0
    } else {
      state.sinceBest += 1
    }
  }

  private func seenValues(_ state: TrainingState) throws -> [Tensor] {
    try state.raw.indices.map {
      try objective.parameters[$0].seen(Variable(state.raw[$0]), from: state.origins[$0]).value
    }
  }

  private func report() throws {
    guard let loss = state.history.losses.last, let rate = state.history.rates.last else { return }
    try progress(
      TrainingProgress(
        step: state.step, steps: steps, loss: loss, rate: rate, heldOut: state.history.heldOut.last))
  }
}

// Endings.
extension TrainingLoop {
  /// With patience the best parameters, otherwise the last.
  private func result(_ state: TrainingState) throws -> TrainingResult {
    let best = options.patience == nil ? nil : state.best
    let raw = best?.raw ?? state.raw
    let values = try zip(objective.parameters, raw.indices).map {
      NamedTensor($0.name, try $0.result(raw[$1], from: state.origins[$1]))
    }
    return TrainingResult(parameters: values, history: state.history, step: best?.step ?? state.step)
  }

  /// - Throws: `StoppedTraining` where it cannot be written.
  private func save(_ state: TrainingState) throws {
    guard let path = options.checkpoint, written != state.step else { return }
    do {
      try write(TrainingCheckpoint(state, objective, options, steps: steps), path)
      written = state.step
    } catch {
      throw StoppedTraining(
        cause: .checkpointNotWritten(path: path, reason: "\(error)"), step: state.step, steps: steps,
        result: try result(state), checkpoint: nil)
    }
  }

  private func diverged(_ what: String, _ items: [Int], keeping state: TrainingState) -> any Error {
    let values = (try? seenValues(self.state)) ?? []
    let largest = objective.largestActivations(items, parameters: values)
    return stop(.diverged(what: what, items: items, largest: largest), keeping: state)
  }

  private func stop(_ cause: StoppedTraining.Cause, keeping kept: TrainingState) -> any Error {
    do {
      try save(kept)
      return StoppedTraining(
        cause: cause, step: state.step, steps: steps, result: try result(kept), checkpoint: options.checkpoint)
    } catch {
      return error
    }
  }
}
