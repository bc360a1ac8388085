import Autodiff
import Models
import Tensors

/// A function that was fitted, and how it came to be.
public struct Fit: Sendable {
  public let function: FittedFunction
  public let history: TrainingHistory
  /// The step whose parameters it has: the last, or with patience the best.
  public let step: Int
}

extension TrainableFunction {
  /// Teaches the function to map inputs to targets: gradient descent on the squared error and what `options` add.
  ///
  /// - Parameters:
  ///   - inputs, targets: `[sample, model]`, f32, whatever the axes are called.
  ///   - progress: told after every step.
  /// - Throws: `TrainingError`; `ModelError.interrupted` when it is stopped.
  public func fit(
    from inputs: Tensor, to targets: Tensor, options: FittingOptions = FittingOptions(),
    control: RunControl = RunControl(), progress: @escaping (TrainingProgress) throws -> Void = { _ in }
  ) throws -> Fit {
    try options.check()
    let (inputs, targets) = (try rows(inputs, "inputs"), try rows(targets, "targets"))
    guard inputs.shape == targets.shape else {
      throw TrainingError.pairs(
        "there are \(inputs.axes[0].size) inputs of \(inputs.axes[1].size) numbers and \(targets.axes[0].size) targets of "
          + "\(targets.axes[1].size); every input needs a target of its own length")
    }
    let all = TensorObjective.Pairs(inputs: inputs, targets: targets)
    let (learned, kept) = try split(all, options)
    let standardisation = options.standardise ? try learned.standardisation() : nil
    let pairs = try learned.standardised(standardisation)
    let heldOut = try kept?.standardised(standardisation)
    var training = options.training
    training.batch = min(training.batch, pairs.count)
    if heldOut != nil, training.heldOutEvery == nil {
      training.heldOutEvery = max(1, pairs.count / max(training.batch, 1))
    }
    let width = inputs.axes[1].size
    let objective = TensorObjective(
      self, start: try start(width, options), on: pairs, heldOut: heldOut,
      TensorObjective.Terms(l1: options.l1, cosine: options.cosine), training)
    let result = try Self.run(TrainingLoop(objective, training, control: control, progress: progress))
    let values = result.parameters.map(\.tensor)
    let quality = FittedFunction.Quality(
      samples: pairs.count, heldOut: heldOut?.count ?? 0, r2: try objective.explained(pairs, values),
      heldOutR2: try heldOut.flatMap { try objective.explained($0, values) })
    let fitted = FittedFunction(
      self, parameters: result.parameters, standardisation: standardisation, width: width, quality: quality)
    return Fit(function: fitted, history: result.history, step: result.step)
  }

  /// A fit that cannot go on has nothing worth keeping: its errors are those of what went wrong.
  private static func run(_ loop: TrainingLoop) throws -> TrainingResult {
    do {
      return try loop.run()
    } catch let stop as StoppedTraining {
      switch stop.cause {
      case .cancelled: throw ModelError.interrupted
      case .failed(let error): throw error
      case .diverged(let what, _, _): throw TrainingError.diverged(what: what, step: stop.step + 1, steps: stop.steps)
      case .checkpointNotWritten: throw stop
      }
    }
  }

  private func rows(_ tensor: Tensor, _ what: String) throws -> Tensor {
    guard tensor.shape.rank == 2, tensor.axes[1].size > 0 else {
      throw TrainingError.pairs("\(what) must be [sample, model], found \(tensor.shape)")
    }
    guard tensor.axes[0].size > 0 else { throw TrainingError.noData }
    let rows = try tensor.to(.f32).reshape([
      Axis("token", tensor.axes[0].size), Axis("model", tensor.axes[1].size),
    ])
    let bad = rows.withFloats { $0.firstIndex { !$0.isFinite } }
    if let bad {
      throw TrainingError.pairs("sample \(bad / tensor.axes[1].size) of the \(what) is not finite")
    }
    return rows
  }

  private func split(
    _ pairs: TensorObjective.Pairs, _ options: FittingOptions
  ) throws -> (learned: TensorObjective.Pairs, heldOut: TensorObjective.Pairs?) {
    guard options.heldOut > 0 else { return (pairs, nil) }
    let count = max(1, Int((options.heldOut * Double(pairs.count)).rounded()))
    guard count < pairs.count else {
      throw TrainingError.option(
        "held_out", reason: "is \(numberText(options.heldOut)), which leaves nothing of \(pairs.count) samples to learn"
      )
    }
    let order = try options.training.key.fold("held out").permutation(Axis("sample", pairs.count)).integers()
    return (try pairs.select(order[count...].sorted()), try pairs.select(order[..<count].sorted()))
  }

  private func start(_ width: Int, _ options: FittingOptions) throws -> [NamedTensor] {
    let drawn = try parameters(width: width, key: options.training.key.fold("parameters"))
    guard !drawn.isEmpty else { throw TrainingError.noParameters(function: source) }
    let known = drawn.map(\.name)
    if let unknown = options.start.keys.sorted().first(where: { !known.contains($0) }) {
      throw TrainingError.option(
        "start", reason: "names `\(unknown)`, and `\(source)` has \(known.map { "`\($0)`" }.joined(separator: ", "))")
    }
    return try drawn.map { parameter in
      guard let given = options.start[parameter.name] else { return parameter }
      guard given.shape == parameter.tensor.shape else {
        throw TrainingError.option(
          "start", reason: "gives `\(parameter.name)` as \(given.shape); it is \(parameter.tensor.shape)")
      }
      return NamedTensor(parameter.name, given.to(.f32), isOrthonormal: parameter.isOrthonormal)
    }
  }
}

extension TensorObjective.Pairs {
  fileprivate func standardisation() throws -> FittedFunction.Standardisation {
    let (mean, deviation) = (try inputs.mean(over: ["token"]), try inputs.standardDeviation(over: ["token"]))
    // What rounding alone makes of a constant is no deviation.
    let usable = zip(deviation.floats(), mean.floats()).map { $0 > 1e-6 * abs($1) ? $0 : 1 }
    return FittedFunction.Standardisation(mean: mean, deviation: Tensor(deviation.axes, usable))
  }

  fileprivate func standardised(_ by: FittedFunction.Standardisation?) throws -> Self {
    guard let by else { return self }
    return Self(inputs: try inputs.subtracting(by.mean).dividing(by.deviation), targets: targets)
  }
}
