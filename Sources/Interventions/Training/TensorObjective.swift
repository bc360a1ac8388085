import Autodiff
import Tensors

/// How far a function's outputs are from targets, as a function of its parameters.
///
/// For each sample, with d features:
///
///     Σ(y − t)² / d  +  l1 · Σ|y − t| / d  +  cosine · (1 − cos(y, t))
///
/// and the mean over samples. The first term is AMPS eq. 12 divided by d: it has the same minimum and, under Adam, the
/// same steps; divided so, the weights of the others are those of Learn-to-Steer's code (1 and 0.1).
final class TensorObjective: TrainingObjective {
  let parameters: [TrainedParameter]
  let subject: [(name: String, value: String)]
  let dataFingerprint: UInt64

  private let function: TrainableFunction
  private let pairs: Pairs
  private let heldOut: Pairs?
  private let terms: Terms

  /// What the loss is made of, beside the squared error.
  struct Terms {
    var l1: Double = 0
    var cosine: Double = 0
  }

  /// Inputs and the outputs wanted for them, `[token, model]` each: a token stands for a sample.
  struct Pairs {
    let inputs: Tensor
    let targets: Tensor

    var count: Int { inputs.axes[0].size }

    func select(_ items: [Int]) throws -> Pairs {
      Pairs(
        inputs: try inputs.select("token", .list(items)), targets: try targets.select("token", .list(items)))
    }
  }

  init(
    _ function: TrainableFunction, start: [NamedTensor], on pairs: Pairs, heldOut: Pairs?, _ terms: Terms,
    _ options: TrainingOptions
  ) {
    self.function = function
    self.pairs = pairs
    self.heldOut = heldOut
    self.terms = terms
    parameters = start.map {
      TrainedParameter($0.name, $0.tensor, constraint: $0.isOrthonormal ? options.constraint : .free)
    }
    subject = [
      ("function", function.source), ("loss", "mse + \(numberText(terms.l1)) l1 + \(numberText(terms.cosine)) cosine"),
    ]
    dataFingerprint = [pairs.inputs, pairs.targets].reduce(0xcbf2_9ce4_8422_2325) { hash, tensor in
      tensor.withFloats { $0.reduce(hash) { ($0 ^ UInt64($1.bitPattern)) &* 0x0000_0100_0000_01b3 } }
    }
  }

  var count: Int { pairs.count }
  func size(_ item: Int) -> Int { 1 }
  func normaliser(_ items: [Int]) -> Double { Double(items.count) }

  func loss(
    _ items: [Int], of normaliser: Double, parameters: [Variable], key: RandomKey
  ) throws -> Variable {
    try loss(pairs.select(items), normaliser, parameters)
  }

  private func loss(_ pairs: Pairs, _ normaliser: Double, _ parameters: [Variable]) throws -> Variable {
    let outputs = try outputs(pairs.inputs, parameters)
    let targets = Variable(pairs.targets)
    let difference = try outputs - targets
    let width = Double(pairs.targets.axes[1].size)
    var loss = try difference.square().sum() * Variable(Tensor(Float(1 / (width * normaliser))))
    if terms.l1 != 0 {
      loss = try loss + difference.abs().sum() * Variable(Tensor(Float(terms.l1 / (width * normaliser))))
    }
    if terms.cosine != 0 {
      let apart = try Variable(Tensor(1)) - outputs.cosineSimilarity(targets, over: "model")
      loss = try loss + apart.sum() * Variable(Tensor(Float(terms.cosine / normaliser)))
    }
    return loss
  }

  private func outputs(_ inputs: Tensor, _ values: [Variable]) throws -> Variable {
    try function(
      Variable(inputs), Dictionary(zip(parameters.map(\.name), values)) { first, _ in first })
  }

  func measure(parameters: [Tensor]) throws -> (loss: Float, accuracy: Float?)? {
    guard let heldOut else { return nil }
    let loss = try loss(heldOut, Double(heldOut.count), parameters.map { Variable($0) })
    return (try loss.value.item(), nil)
  }

  /// The share of the targets' variance that outputs explain, all features together: 1 − Σ(y − t)² / Σ(t − t̄)².
  func explained(_ pairs: Pairs, _ parameters: [Tensor]) throws -> Float? {
    let outputs = try outputs(pairs.inputs, parameters.map { Variable($0) }).value.floats()
    let targets = pairs.targets.floats()
    let width = pairs.targets.axes[1].size
    var means = [Double](repeating: 0, count: width)
    for (index, target) in targets.enumerated() { means[index % width] += Double(target) / Double(pairs.count) }
    var (left, all) = (0.0, 0.0)
    for (index, target) in targets.enumerated() {
      let (error, deviation) = (Double(target) - Double(outputs[index]), Double(target) - means[index % width])
      left += error * error
      all += deviation * deviation
    }
    return all > 0 ? Float(1 - left / all) : nil
  }
}
