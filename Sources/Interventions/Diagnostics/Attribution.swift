import Autodiff
import Models
import Tensors

/// What is differentiated: how much the model wants to answer with one token, at the prompt's last position.
public struct AnswerScore: Sendable {
  public let token: Int
  /// The score is the difference to this token's; nil for the token alone.
  public let against: Int?
  public let kind: Kind

  public enum Kind: String, Sendable, CaseIterable { case logit, logProbability = "log_probability" }

  public init(token: Int, against: Int? = nil, kind: Kind = .logit) {
    self.token = token
    self.against = against
    self.kind = kind
  }

  /// - Parameter logits: `[token, vocab]`.
  /// - Returns: the sum over its rows, which do not mix.
  func callAsFunction(_ logits: Variable) throws -> Variable {
    let scores = kind == .logit ? logits : try logits.logSoftmax(over: "vocab")
    let own = try scores.select("vocab", .index(token)).sum()
    guard let against else { return own }
    return try own - scores.select("vocab", .index(against)).sum()
  }
}

extension Model {
  /// The activations at some sites for one prompt, and the derivative of a score with respect to each.
  ///
  /// - Parameter sites: sites of rows or of heads, or attention scores and weights.
  /// - Returns: for each site both tensors, with the axes that `Site.Point` documents.
  public func sensitivities(
    _ prompt: Prompt, at sites: [Site], of score: AnswerScore, control: RunControl = RunControl()
  ) throws -> [Site: Sensitivity] {
    let listener = LeafListener(sites)
    var options = DifferentiableRun.Options()
    options.listener = listener
    options.control = control
    let total = try score(DifferentiableRun(self, [prompt], options).lastLogits())
    let gradients = total.isTracked ? try total.backward() : nil
    var found: [Site: Sensitivity] = [:]
    for site in sites {
      guard let leaf = listener.leaves[site] else { continue }
      // What nothing reads has a derivative of zero.
      let gradient = try gradients?[leaf] ?? Tensor.zeros(leaf.axes)
      found[site] = Sensitivity(
        activation: try leaf.value.asSite(site, prompt.context), gradient: try gradient.asSite(site, prompt.context))
    }
    return found
  }

  /// Attribution patching: a first-order guess of what patching each position from `source` would do to the score.
  ///
  ///     (a_source − a) · ∂score/∂a, summed over each position's features          Nanda 2023
  ///
  /// One forward and one backward pass stand for a run per position.
  ///
  /// - Parameter source: a prompt of as many tokens.
  /// - Returns: `[token]` at each site of rows, `[head, token]` at sites of heads.
  public func attributionPatching(
    _ prompt: Prompt, from source: Prompt, at sites: [Site], of score: AnswerScore,
    control: RunControl = RunControl()
  ) throws -> [Site: Tensor] {
    guard prompt.ids.count == source.ids.count else {
      throw InterventionError.runs(
        "attribution patching compares position by position: the prompts have \(prompt.ids.count) and "
          + "\(source.ids.count) tokens")
    }
    let here = try sensitivities(prompt, at: sites, of: score, control: control)
    let recorder = LeafListener(sites)
    var options = DifferentiableRun.Options()
    options.listener = recorder
    _ = try DifferentiableRun(self, [source], options).lastLogits()
    var found: [Site: Tensor] = [:]
    for (site, own) in here {
      guard let there = try recorder.leaves[site]?.value.asSite(site, source.context) else { continue }
      guard let last = own.activation.shape.names.last else { continue }
      found[site] = try there.subtracting(own.activation).multiplying(own.gradient).sum(over: [last])
    }
    return found
  }

  /// Integrated gradients of every position's embedding, image patches included.
  ///
  ///     IG_i = (x_i − x⁰_i) · 1/n Σ_k ∂score/∂x_i at x⁰ + (k − ½)/n (x − x⁰)      Sundararajan et al. 2017, eq. 3
  ///
  /// They add up to score(x) − score(x⁰) as n grows.
  ///
  /// - Parameters:
  ///   - baseline: `[model]`, what a position says that says nothing; zeros by default.
  ///   - steps: n, the points on the way (midpoint rule).
  /// - Returns: `[token]`, and how far the sum is from the difference of the scores.
  public func integratedGradients(
    _ prompt: Prompt, of score: AnswerScore, baseline: Tensor? = nil, steps: Int = 32,
    control: RunControl = RunControl()
  ) throws -> (attribution: Tensor, error: Float) {
    let site = Site(.decoder, .embeddings)
    let plain = try sensitivities(prompt, at: [site], of: score, control: control)
    guard let x = plain[site]?.activation else { throw InterventionError.runs("the prompt has no embeddings") }
    let start = try baseline.map { try Tensor.zeros(x.axes).adding($0.to(.f32)) } ?? Tensor.zeros(x.axes)
    let way = try x.subtracting(start)
    var sum = try Tensor.zeros(x.axes)
    for step in 0..<steps {
      let share = (Float(step) + 0.5) / Float(steps)
      sum = try sum.adding(
        try gradient(prompt, at: site, try start.adding(way.scaled(by: share)), score, control).gradient)
    }
    let attribution = try sum.scaled(by: 1 / Float(steps)).multiplying(way).sum(over: ["model"])
    let (full, none) = (
      try gradient(prompt, at: site, x, score, control).score,
      try gradient(prompt, at: site, start, score, control).score
    )
    return (attribution, try attribution.sum().item() - (full - none))
  }

  /// The score and its derivative where `value` stands at a site.
  private func gradient(
    _ prompt: Prompt, at site: Site, _ value: Tensor, _ score: AnswerScore, _ control: RunControl
  ) throws -> (score: Float, gradient: Tensor) {
    let listener = LeafListener([site], replacing: [site: value])
    var options = DifferentiableRun.Options()
    options.listener = listener
    options.control = control
    let total = try score(DifferentiableRun(self, [prompt], options).lastLogits())
    guard let leaf = listener.leaves[site], let gradient = try total.backward()[leaf] else {
      throw InterventionError.runs("the score does not depend on `\(site.path)`")
    }
    return (try total.value.item(), gradient)
  }

  /// How much each pixel of the first image moves the score: the largest derivative among its channels.
  ///
  ///     saliency = max_c |∂score/∂pixel_c|                Simonyan et al. 2014, section 3.1
  ///
  /// - Parameter timesInput: whether each derivative is multiplied by the pixel's normalised value first.
  /// - Returns: `[row, column]` of the processed image.
  public func saliency(
    _ prompt: Prompt, of score: AnswerScore, timesInput: Bool = false, control: RunControl = RunControl()
  ) throws -> Tensor {
    guard !prompt.images.isEmpty else { throw InterventionError.runs("the prompt has no image") }
    var options = DifferentiableRun.Options()
    options.control = control
    let pixels = prompt.images.map { Variable.leaf($0) }
    options.pixels = pixels
    let total = try score(DifferentiableRun(self, [prompt], options).lastLogits())
    guard var gradient = try total.backward()[pixels[0]] else {
      throw InterventionError.runs("the score does not depend on the image")
    }
    if timesInput { gradient = try gradient.multiplying(prompt.images[0]) }
    return try gradient.abs().maximum(over: [gradient.shape.names[0]])
  }
}

/// An activation and the derivative of a score with respect to it.
public struct Sensitivity: Sendable {
  public let activation: Tensor
  public let gradient: Tensor
}

/// Puts leaves in place of what stands at its sites, so that gradients stop there.
private final class LeafListener: DifferentiableListener {
  let sites: Set<Site>
  private(set) var leaves: [Site: Variable] = [:]
  private let values: [Site: Tensor]

  init(_ sites: [Site], replacing values: [Site: Tensor] = [:]) {
    self.sites = Set(sites)
    self.values = values
  }

  /// A leaf of zeros is added to the activation, so that what lies below keeps its gradient too; the leaf's own value is
  /// the activation, for those who read it.
  func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
    switch activation.content {
    case .packed(let value):
      let leaf = Variable.leaf(values[activation.site] ?? value.value)
      leaves[activation.site] = leaf
      return .packed(values[activation.site] == nil ? try value + (leaf - Variable(leaf.value)) : leaf)
    case .matrices(let matrices):
      let leaf = Variable.leaf(matrices[0].value)
      leaves[activation.site] = leaf
      return .matrices([try matrices[0] + (leaf - Variable(leaf.value))] + matrices.dropFirst())
    }
  }
}

extension Tensor {
  /// Packed rows of one sample with the axes of the site and labels of its tokens.
  fileprivate func asSite(_ site: Site, _ context: TokenContext) throws -> Tensor {
    let ordered = shape.names == ["token", "head", "feature"] ? try reorder(["head", "token", "feature"]) : self
    return ordered.labelled(site, context)
  }
}
