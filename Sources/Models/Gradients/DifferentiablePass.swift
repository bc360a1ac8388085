import Autodiff
import Tensors

/// The layout of one differentiable pass through one stack, who listens to it, and which weights it uses.
///
/// It does not change while the pass runs, so that a block can be run again for its gradients.
final class DifferentiablePass {
  let stack: Site.Stack
  /// The packed rows of each sample, and the position of its first.
  let samples: [Range<Int>]
  let firstPositions: [Int]
  /// The sequences within which attention looks.
  let spans: [AttentionSpan]
  /// The windows that images are cut into for some layers; none where no layer sees windows.
  private let windows: [AttentionSpan]
  /// For each packed key row, which row of the past's keys and then of the pass's own it is; nil without a past.
  let keySources: [Int]?
  /// Those that the stack's layers choose from.
  let rotaries: [(cosine: Tensor, sine: Tensor)]
  /// What the vision tower made of the rows that interventions added to each sample's images; set before the pass runs.
  var virtualRows: [Variable?]?

  private let contexts: [TokenContext]
  private let options: DifferentiableRun.Options
  private let wanted: SiteSet

  /// - Parameters:
  ///   - lengths: rows of each sample.
  ///   - segments: rows of each sequence, in the order of the samples; a sample is one sequence by default.
  ///   - past: positions of each sample that come before its rows.
  ///   - pictures: in the vision tower, what each segment is.
  init(
    _ stack: Site.Stack, _ configuration: ModelConfiguration, _ options: DifferentiableRun.Options,
    contexts: [TokenContext], lengths: [Int], segments: [Int]? = nil, past: [Int]? = nil,
    pictures: [(grid: PatchCount, virtual: Int)] = []
  ) throws {
    self.stack = stack
    self.options = options
    self.contexts = contexts
    wanted = try SiteSet(options.listener?.sites ?? [], of: configuration)
    let past = past ?? lengths.map { _ in 0 }
    firstPositions = past
    let samples = Self.ranges(lengths)
    self.samples = samples
    if let segments {
      spans = Self.sequences(segments)
      keySources = nil
    } else {
      let keys = Self.ranges(zip(lengths, past).map { $0 + $1 })
      spans = samples.indices.map {
        AttentionSpan(
          rows: samples[$0], firstKey: keys[$0].lowerBound, keys: keys[$0].count, position: past[$0])
      }
      keySources = past.contains { $0 > 0 } ? Self.keySources(samples, past) : nil
    }
    switch (stack, configuration.vision) {
    case (.decoder, _):
      windows = []
      rotaries = Self.rotaries(configuration.decoder, contexts, samples, past)
    case (.vision, let vision?):
      windows =
        vision.window == nil ? [] : Self.sequences(pictures.flatMap { vision.windows($0.grid, virtual: $0.virtual) })
      rotaries = Self.rotaries(vision, pictures)
    default: (windows, rotaries) = ([], [])
    }
  }

  /// Sequences of so many rows, one after the other, that see themselves alone.
  private static func sequences(_ lengths: [Int]) -> [AttentionSpan] {
    ranges(lengths).map { AttentionSpan(rows: $0, firstKey: $0.lowerBound, keys: $0.count, position: 0) }
  }

  /// What attention with a mask looks within.
  func sequences(_ mask: Mask) -> [AttentionSpan] { mask.isLocal ? windows : spans }

  private static func ranges(_ lengths: [Int]) -> [Range<Int>] {
    var start = 0
    return lengths.map { length in
      defer { start += length }
      return start..<start + length
    }
  }

  private static func keySources(_ samples: [Range<Int>], _ past: [Int]) -> [Int] {
    let all = past.reduce(0, +)
    return zip(samples, ranges(past)).flatMap { rows, earlier in Array(earlier) + rows.map { all + $0 } }
  }

  /// Cosines and sines of every row's position, `[token, pair]`, as inference computes them.
  private static func rotaries(
    _ decoder: DecoderConfiguration, _ contexts: [TokenContext], _ samples: [Range<Int>], _ past: [Int]
  ) -> [(Tensor, Tensor)] {
    let positions = contexts.map { MultimodalPositions($0, decoder) }
    let size = decoder.block.headSize
    let rows = samples.last?.upperBound ?? 0
    return decoder.rotaries.map { configuration in
      let rotary = Rotary(configuration, headSize: size, rows: rows)
      for (index, range) in samples.enumerated() {
        rotary.place(rows: range, at: past[index], in: positions[index])
      }
      return rotary.tables(rows: rows)
    }
  }

  /// The same of every patch of pictures.
  private static func rotaries(
    _ vision: VisionConfiguration, _ pictures: [(grid: PatchCount, virtual: Int)]
  ) -> [(Tensor, Tensor)] {
    guard let configuration = vision.rotary else { return [] }
    let positions = pictures.flatMap { vision.positions($0.grid, virtual: $0.virtual) }
    let rotary = Rotary(configuration, headSize: vision.block.headSize, rows: positions.count)
    for (row, position) in positions.enumerated() { rotary.place(row, at: position) }
    return [rotary.tables(rows: positions.count)]
  }

  func wants(_ point: Site.Point, layer: Int?) -> Bool { wanted.bits(stack, layer: layer) & point.bit != 0 }

  /// Shows packed content to whoever listens.
  func visit(_ point: Site.Point, layer: Int?, _ value: Variable) throws -> Variable {
    guard wants(point, layer: layer) else { return value }
    guard case .packed(let edited) = try show(point, layer, .packed(value)) else {
      throw ModelError.activationShape(
        Site(stack, layer: layer, point), expected: "\(value.shape)", found: "matrices")
    }
    return try checked(edited, value.shape, point, layer)
  }

  /// Shows what a linear map gives, and what it read.
  private func visit(map point: Site.Point, layer: Int?, _ output: Variable, from input: Variable) throws -> Variable {
    guard wants(point, layer: layer), let own = output.axes.last?.name, let read = input.axes.last?.name else {
      return output
    }
    let rows = try output.rename(own, to: "output")
    let content = DifferentiableActivation.Content.packed(rows)
    guard case .packed(let edited) = try show(point, layer, content, input: input.rename(read, to: "input")) else {
      throw ModelError.activationShape(
        Site(stack, layer: layer, point), expected: "\(rows.shape)", found: "matrices")
    }
    return try checked(edited, rows.shape, point, layer).rename("output", to: own)
  }

  /// Shows each sample's matrices to whoever listens.
  func visit(_ point: Site.Point, layer: Int?, matrices: [Variable]) throws -> [Variable] {
    guard wants(point, layer: layer) else { return matrices }
    guard case .matrices(let edited) = try show(point, layer, .matrices(matrices)), edited.count == matrices.count
    else {
      throw ModelError.activationShape(
        Site(stack, layer: layer, point), expected: "\(matrices.count) matrices", found: "something else")
    }
    return try zip(edited, matrices).map { try checked($0, $1.shape, point, layer) }
  }

  private func show(
    _ point: Site.Point, _ layer: Int?, _ content: DifferentiableActivation.Content, input: Variable? = nil
  ) throws -> DifferentiableActivation.Content {
    guard let listener = options.listener else { return content }
    return try listener.visit(
      DifferentiableActivation(
        site: Site(stack, layer: layer, point), content: content, input: input, samples: samples,
        firstPositions: firstPositions, contexts: contexts, virtualRows: virtualRows))
  }

  private func checked(_ edited: Variable, _ shape: Shape, _ point: Site.Point, _ layer: Int?) throws -> Variable {
    guard edited.shape == shape else {
      throw ModelError.activationShape(
        Site(stack, layer: layer, point), expected: "\(shape)", found: "\(edited.shape)")
    }
    return edited
  }

  /// The weight at a site: the one that was given for it, or the model's own as it is stored.
  func weight(_ point: Site.Point, layer: Int?, _ own: Weight) -> Variable {
    options.weights[Site(stack, layer: layer, point)] ?? Variable(own.tensor)
  }

  /// Images that get a gradient, in the order of the prompts.
  var pixels: [Variable]? { options.pixels }

  /// Runs a block, which is kept or run again later as the options say.
  func run(
    _ block: Block, _ hidden: Variable, layer: Int, past: (key: Variable, value: Variable)? = nil
  ) throws -> Variable {
    try options.control.check()
    guard options.checkpointed else {
      return try block.differentiable(hidden, self, layer: layer, past: past)
    }
    let inputs = [hidden] + (past.map { [$0.key, $0.value] } ?? [])
    return try Variable.checkpoint(inputs) { inputs in
      try block.differentiable(
        inputs[0], self, layer: layer, past: inputs.count == 3 ? (inputs[1], inputs[2]) : nil)
    }
  }

  func normed(
    _ x: Variable, _ norm: Norm, layer: Int?, weight: Site.Point, bias: Site.Point
  ) throws -> Variable {
    let scale = self.weight(weight, layer: layer, norm.scale)
    switch norm.kind {
    case .rms, .rmsLessOne: return try x.rmsNorm(weight: scale, offset: norm.kind.offset, epsilon: norm.epsilon)
    case .layer:
      return try x.layerNorm(
        weight: scale, bias: norm.offset.map { self.weight(bias, layer: layer, $0) }, epsilon: norm.epsilon)
    }
  }

  func mapped(
    _ x: Variable, _ map: Linear, layer: Int?, weight: Site.Point, bias: Site.Point, into axis: String
  ) throws -> Variable {
    let offset = map.bias.map { self.weight(bias, layer: layer, $0) }
    let given = self.weight(weight, layer: layer, map.weight)
    // A weight that was given is in the model's order.
    let isOwn = options.weights[Site(stack, layer: layer, weight)] == nil
    let pairs = isOwn ? map.weight.pairs : nil
    var output = try x.linear(weight: given, bias: pairs == nil ? offset : nil, into: axis)
    if let pairs {
      output = try output.select(axis, .list(pairs.order(map.output)))
      if let offset, let own = offset.axes.first { output = try output + offset.rename(own.name, to: axis) }
    }
    // And it is the whole map.
    if isOwn, let lowRank = map.lowRank {
      let thin = try x.linear(weight: Variable(lowRank.down.tensor), bias: nil, into: "rank")
      let scaled = try thin * Variable(Tensor(lowRank.scale))
      output = try output + scaled.linear(weight: Variable(lowRank.up.tensor), bias: nil, into: axis)
    }
    return try visit(map: weight, layer: layer, output, from: x)
  }
}
