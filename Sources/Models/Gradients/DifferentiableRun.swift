import Autodiff
import Tensors

/// A forward pass over a batch of prompts that gradients go through: to interventions, to activations, to the keys and
/// values of earlier positions and to weights.
///
/// Samples are packed as in inference, and the kernels are the same, so the numbers are those of inference to the bit;
/// only a pass that looks at attention scores or weights takes its attention apart and may differ in the last places.
/// What depends on nothing that gets a gradient leaves nothing behind. Weights that are not substituted are read as
/// they are stored.
public final class DifferentiableRun {
  /// What a run is told beside its prompts.
  public struct Options {
    public var listener: (any DifferentiableListener)?
    /// Weights to use in place of the model's own, f32 and of the same shapes.
    public var weights: [Site: Variable] = [:]
    /// Image features that are known already, so that what comes before them does not run.
    public var features: KnownFeatures?
    /// What the vision tower sees in place of the prompts' images, in their order: `[channel, row, column]` each.
    public var pixels: [Variable]?
    /// Keys and values of the positions before `past.lengths`, which are not computed again.
    public var past: Past?
    /// Whether blocks are run a second time on the way back rather than kept.
    public var checkpointed = false
    public var control = RunControl()

    public init() {}
  }

  /// Features of each prompt's images, `[token, model]`, one image after the other.
  public enum KnownFeatures {
    /// What the projector reads.
    case tower([Tensor])
    /// What stands at the image's positions in the decoder.
    case projector([Tensor])
  }

  /// What attention remembers of earlier positions, for every layer of the decoder.
  public struct Past {
    /// `[token, head, feature]`, packed sample after sample.
    public let keys: [Variable]
    public let values: [Variable]
    /// How many positions each sample has.
    public let lengths: [Int]

    public init(keys: [Variable], values: [Variable], lengths: [Int]) {
      self.keys = keys
      self.values = values
      self.lengths = lengths
    }
  }

  let model: Model
  let prompts: [Prompt]
  let options: Options
  let layout: DifferentiablePass

  /// - Throws: `ModelError` for a prompt that the model cannot take, or a site that it does not have.
  public init(_ model: Model, _ prompts: [Prompt], _ options: Options = Options()) throws {
    for prompt in prompts { try model.check(prompt) }
    self.model = model
    self.prompts = prompts
    self.options = options
    layout = try DifferentiablePass(
      .decoder, model.configuration, options, contexts: prompts.map(\.context),
      lengths: zip(prompts, options.past?.lengths ?? prompts.map { _ in 0 }).map { $0.ids.count - $1 },
      past: options.past?.lengths)
  }

  /// The rows of each sample in packed results; a sample's last row is its last position.
  public var samples: [Range<Int>] { layout.samples }

  /// The residual stream after the last block: `[token, model]`, packed.
  public func stream() throws -> Variable {
    var hidden = try layout.visit(.embeddings, layer: nil, try embeddings())
    for (layer, block) in model.decoder.blocks.enumerated() {
      let past = options.past.map { ($0.keys[layer], $0.values[layer]) }
      hidden = try layout.run(block, hidden, layer: layer, past: past)
    }
    return hidden
  }

  /// The logits at the given packed rows of the stream: `[token, vocab]`.
  public func logits(_ stream: Variable, rows: [Int]) throws -> Variable {
    let decoder = model.decoder
    // Listeners see a site whole.
    let visits = layout.wants(.norm, layer: nil) || layout.wants(.logits, layer: nil)
    var hidden = visits ? stream : try stream.rows(rows)
    hidden = try layout.normed(hidden, decoder.norm, layer: nil, weight: .normWeight, bias: .normBias)
    hidden = try layout.visit(.norm, layer: nil, hidden)
    let tied = decoder.configuration.tiedEmbeddings ? options.weights[Site(.decoder, .embeddingsWeight)] : nil
    var logits = try hidden.linear(
      weight: tied ?? layout.weight(.logitsWeight, layer: nil, decoder.output.weight),
      bias: decoder.output.bias.map { layout.weight(.logitsBias, layer: nil, $0) }, into: "vocab")
    logits = try decoder.configuration.logitSoftcap.map { try Softcap(limit: $0).of(logits) } ?? logits
    logits = try layout.visit(.logits, layer: nil, logits)
    return visits ? try logits.rows(rows) : logits
  }

  /// The logits at every sample's last position: `[token, vocab]`, a row for each sample.
  public func lastLogits() throws -> Variable {
    try logits(try stream(), rows: samples.map { $0.upperBound - 1 })
  }

  /// Token embeddings with image features in place: `[token, model]`.
  private func embeddings() throws -> Variable {
    let table = layout.weight(.embeddingsWeight, layer: nil, model.decoder.embedding)
    let firsts = layout.firstPositions
    let ids = zip(prompts, firsts).flatMap { Array($0.ids[$1...]) }
    var tokens = try Variable.embedding(table, ids.map { max($0, 0) })
    if let scale = model.decoder.embeddingScale { tokens = try tokens * Variable(Tensor(scale)) }
    if ids.contains(Prompt.virtualToken) {
      let zeros = Variable(
        try Tensor.zeros([Axis("token", 1), Axis("model", model.configuration.decoder.block.width)]))
      let sources = ids.enumerated().map { $1 == Prompt.virtualToken ? ids.count : $0 }
      tokens = try Variable.concat([tokens, zeros], along: "token").rows(sources)
    }
    if let positions = model.decoder.positions {
      let places = zip(prompts, firsts).flatMap { Array($1..<$0.ids.count) }
      let table = layout.weight(.positionsWeight, layer: nil, positions)
      tokens = try tokens + Variable.embedding(table, places)
    }
    guard let features = try imageFeatures() else { return tokens }
    // Where a row comes from: the tokens' rows, then the features'.
    var sources = Array(0..<ids.count)
    var next = ids.count
    var parts = [tokens]
    var endOfLine: Int?
    if let own = model.projector?.endOfLine {
      let line = options.weights[Site(.projector, .endOfLineWeight)] ?? Variable(own.tensor)
      parts.append(try line.floats.reshape([Axis("token", 1), Axis("model", line.count)]))
      endOfLine = next
      next += 1
    }
    for (sample, prompt) in prompts.enumerated() {
      for image in prompt.context.images {
        for (position, row) in zip(image.positions, image.features) where position >= firsts[sample] {
          let isLine = row == TokenContext.ImageTokens.endOfLine
          sources[samples[sample].lowerBound + position - firsts[sample]] = isLine ? endOfLine ?? 0 : next + row
        }
        next += image.tiles.reduce(0) { $0 + $1.featureRows }
      }
    }
    return try Variable.concat(parts + [features], along: "token").rows(sources)
  }

  /// All images' projected features, `[token, model]`; nil where there are none.
  private func imageFeatures() throws -> Variable? {
    guard prompts.contains(where: { !$0.images.isEmpty }), let projector = model.projector,
      let tower = model.visionTower
    else { return nil }
    let known: Variable
    switch options.features {
    case .projector(let features): return Variable(try Tensor.concat(features, along: "token"))
    case .tower(let features): known = Variable(try Tensor.concat(features, along: "token"))
    case nil: (known, layout.virtualRows) = try tower.features(of: prompts, model.configuration, options)
    }
    let pass = try DifferentiablePass(
      .projector, model.configuration, options, contexts: prompts.map(\.context),
      lengths: prompts.map(\.featureRows))
    return try projector.forward(known, pass)
  }
}

extension Model {
  /// What the projector reads for each prompt's images, `[token, model]`; for `DifferentiableRun.KnownFeatures`.
  public func towerFeatures(_ prompts: [Prompt], control: RunControl = RunControl()) throws -> [Tensor] {
    guard let visionTower else { throw ModelError.noVision }
    for prompt in prompts { try check(prompt) }
    var options = DifferentiableRun.Options()
    options.control = control
    let all = try visionTower.features(of: prompts, configuration, options).features.value
    var start = 0
    return try prompts.map { prompt in
      let count = prompt.featureRows
      defer { start += count }
      return try all.select("token", .range(start..<start + count))
    }
  }
}

extension Prompt {
  /// What its images are at the projector.
  fileprivate var featureRows: Int { context.tiles.reduce(0) { $0 + $1.tile.featureRows } }
}
