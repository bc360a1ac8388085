import Autodiff
import Models
import Tensors

/// MCS, the modality contribution score: how much the next token hangs on the image and how much on the text.
///
///     C_m = E_σ,ε [ ‖∂L/∂KV_m‖² / L ],   L = CE(p_x, p_z),   KV_z = KV + ε on the tokens of m      AMPS, eq. 7, algorithm 1
///
/// The prompt's last token is run over the keys and values of the tokens before it, as they are (p_x) and with normal noise
/// on those of one modality (p_z). What the paper leaves open is an option here.
public struct ModalityContribution: Sendable {
  /// Noise strengths, over which the score is averaged.
  public var sigmas: [Float] = [0.1, 0.3]
  /// Draws of noise for each strength.
  public var draws = 1
  public var noise: Noise = .relative
  public var gradient: Extent = .modality
  public var order: Order = .fixedFirst
  /// Nil: patches, and class tokens where the decoder gets them.
  public var image: TokenSelector?
  /// Nil: everything else in the prompt, the system's and the template's tokens too.
  public var text: TokenSelector?

  /// What σ is a multiple of.
  public enum Noise: String, Sendable, CaseIterable {
    /// σ itself, as printed.
    case absolute
    /// σ times the root mean square of the modality's entries in that layer's keys or values.
    case relative
  }

  /// Which entries the gradient's norm is taken over.
  public enum Extent: String, Sendable, CaseIterable {
    /// Those that got noise: eq. 7.
    case modality
    /// The whole cache: algorithm 1, line 8.
    case cache
  }

  /// Which distribution the cross entropy takes the logarithm of.
  public enum Order: String, Sendable, CaseIterable {
    /// CE(p_x, p_z) = −Σ p_x log p_z: algorithm 1, line 7.
    case fixedFirst = "algorithm"
    /// CE(p_z, p_x) = −Σ p_z log p_x: eq. 5.
    case fixedLast = "equation"
  }

  public struct Score: Sendable {
    public let image: Float
    public let text: Float
    /// r_v = C_v / (C_v + C_t); a half where neither matters.
    public var ratio: Float { image + text > 0 ? image / (image + text) : 0.5 }
  }

  public init() {}

  /// Loss below which a score is not divided further: a loss of nothing has no gradient either.
  private static let smallestLoss: Float = 1e-6

  /// - Parameters:
  ///   - prompts: packed into one batch.
  ///   - first: the place of the first one in its data set: noise belongs to the place, not to the batch.
  /// - Throws: `InterventionError.runs` for a prompt of one token, which has nothing before its last.
  public func callAsFunction(
    _ model: Model, _ prompts: [Prompt], first: Int = 0, key: RandomKey, control: RunControl = RunControl()
  ) throws -> [Score] {
    try scores(model, prompts, control) { place, count in
      try key.fold(UInt64(first + place.sample)).fold(UInt64(place.draw))
        .fold("\(place.modality)/\(place.layer)/\(place.part)").normal([Axis("element", count)]).floats()
    }
  }

  /// Which numbers of the noise are drawn.
  struct NoisePlace {
    let sample: Int
    /// Counts the strengths' draws on.
    let draw: Int
    /// "image" or "text".
    let modality: String
    let layer: Int
    /// "key" or "value".
    let part: String
  }

  /// - Parameter normal: as many numbers as it is asked for, for the modality's rows in order.
  func scores(
    _ model: Model, _ prompts: [Prompt], _ control: RunControl, normal: (NoisePlace, Int) throws -> [Float]
  ) throws -> [Score] {
    guard prompts.allSatisfy({ $0.ids.count > 1 }) else {
      throw InterventionError.runs("a prompt of one token has no keys and values before its last token")
    }
    let cache = CacheRecorder(model.configuration)
    var options = DifferentiableRun.Options()
    options.control = control
    options.listener = cache
    let logits = try DifferentiableRun(model, prompts, options).lastLogits().value
    options.listener = nil
    let keepsClass = (model.configuration.vision?.keptClassTokens ?? 0) > 0
    let image = self.image ?? (keepsClass ? .image + .cls : .image)
    let modalities = try [image, text ?? .all - image].map {
      try Modality($0, prompts)
    }
    var scores = [[Float]](repeating: [Float](repeating: 0, count: prompts.count), count: modalities.count)
    for (place, sigma) in sigmas.enumerated() {
      for draw in 0..<draws {
        for (which, modality) in modalities.enumerated() {
          let noisy = try cache.perturbed(modality, sigma, noise) { sample, layer, part, count in
            let place = NoisePlace(
              sample: sample, draw: place * draws + draw, modality: which == 0 ? "image" : "text", layer: layer,
              part: part)
            return try normal(place, count)
          }
          options.past = noisy
          let run = try DifferentiableRun(model, prompts, options)
          let found = try score(run, logits, noisy, modality, model.configuration.decoder.layers)
          for sample in prompts.indices { scores[which][sample] += found[sample] / Float(sigmas.count * draws) }
        }
      }
    }
    return prompts.indices.map { Score(image: scores[0][$0], text: scores[1][$0]) }
  }

  /// ‖∂L/∂KV‖² / L for each sample: samples do not mix, so one backward pass of the sum serves them all.
  private func score(
    _ run: DifferentiableRun, _ logits: Tensor, _ past: DifferentiableRun.Past, _ modality: Modality, _ layers: Int
  ) throws -> [Float] {
    let perturbed = try run.lastLogits()
    let losses: Variable
    switch order {
    case .fixedFirst:
      let fixed = Variable(try logits.softmax(over: "vocab"))
      losses = try (fixed * perturbed.logSoftmax(over: "vocab")).sum(over: ["vocab"]).negated()
    case .fixedLast:
      let fixed = Variable(try logits.logSoftmax(over: "vocab"))
      losses = try (fixed * perturbed.softmax(over: "vocab")).sum(over: ["vocab"]).negated()
    }
    let gradients = try losses.sum().backward()
    var norms = [Double](repeating: 0, count: past.lengths.count)
    for leaf in past.keys + past.values {
      guard let gradient = gradients[leaf] else { continue }
      // [token]: each row's squared norm.
      let rows = try gradient.square().sum(over: ["head", "feature"]).floats()
      for (row, value) in rows.enumerated() where gradient.count > 0 {
        guard self.gradient == .cache || modality.isMember[row] else { continue }
        norms[modality.sample[row]] += Double(value)
      }
    }
    return zip(norms, losses.value.floats()).map { Float($0) / max($1, Self.smallestLoss) }
  }
}

/// Which packed rows of a cache belong to one modality.
private struct Modality {
  let isMember: [Bool]
  let sample: [Int]
  let lengths: [Int]

  init(_ tokens: TokenSelector, _ prompts: [Prompt]) throws {
    var (members, samples): ([Bool], [Int]) = ([], [])
    for (index, prompt) in prompts.enumerated() {
      let chosen = Set(try tokens.resolve(in: prompt.context))
      for position in 0..<prompt.ids.count - 1 {
        members.append(chosen.contains(position))
        samples.append(index)
      }
    }
    (isMember, sample, lengths) = (members, samples, prompts.map { $0.ids.count - 1 })
  }
}

/// Keeps the keys and values of every position but each sample's last.
private final class CacheRecorder: DifferentiableListener {
  let sites: Set<Site>
  private var keys: [Tensor?]
  private var values: [Tensor?]

  init(_ configuration: ModelConfiguration) {
    let layers = configuration.decoder.layers
    sites = Set((0..<layers).flatMap { [Site(.decoder, layer: $0, .key), Site(.decoder, layer: $0, .value)] })
    (keys, values) = (Array(repeating: nil, count: layers), Array(repeating: nil, count: layers))
  }

  func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
    guard case .packed(let packed) = activation.content, let layer = activation.site.layer else {
      return activation.content
    }
    let kept = try packed.value.select("token", .list(activation.samples.flatMap { Array($0.dropLast()) }))
    if activation.site.point == .key { keys[layer] = kept } else { values[layer] = kept }
    return activation.content
  }

  /// The cache as leaves, with noise on the modality's rows.
  func perturbed(
    _ modality: Modality, _ sigma: Float, _ noise: ModalityContribution.Noise,
    normal: (_ sample: Int, _ layer: Int, _ part: String, _ count: Int) throws -> [Float]
  ) throws -> DifferentiableRun.Past {
    func leaf(_ tensor: Tensor, _ layer: Int, _ part: String) throws -> Variable {
      let width = tensor.count / max(modality.isMember.count, 1)
      var start = 0
      return .leaf(
        try Tensor(tensor.shape) { out in
          tensor.withFloats { _ = out.update(fromContentsOf: $0) }
          for (sample, length) in modality.lengths.enumerated() {
            let rows = (start..<start + length).filter { modality.isMember[$0] }
            start += length
            guard !rows.isEmpty else { continue }
            let draws = try normal(sample, layer, part, rows.count * width)
            let scale = noise == .absolute ? sigma : sigma * rootMeanSquare(out, rows, width)
            for (index, row) in rows.enumerated() {
              for column in 0..<width { out[row * width + column] += scale * draws[index * width + column] }
            }
          }
        })
    }
    return DifferentiableRun.Past(
      keys: try keys.enumerated().map { try leaf($1 ?? Tensor(0), $0, "key") },
      values: try values.enumerated().map { try leaf($1 ?? Tensor(0), $0, "value") }, lengths: modality.lengths)
  }

  private func rootMeanSquare(_ all: UnsafeMutableBufferPointer<Float>, _ rows: [Int], _ width: Int) -> Float {
    var sum = 0.0
    for row in rows {
      for column in 0..<width { sum += Double(all[row * width + column]) * Double(all[row * width + column]) }
    }
    return Float((sum / Double(rows.count * width)).squareRoot())
  }
}
