import Autodiff
import Tensors

extension VisionTower {
  /// The feature rows of all prompts' images, `[token, model]`, one image after the other; and of each prompt the rows that
  /// interventions added to its images, `[token, input]`, nil where there are none.
  func features(
    of prompts: [Prompt], _ configuration: ModelConfiguration, _ options: DifferentiableRun.Options
  ) throws -> (features: Variable, virtual: [Variable?]) {
    let images = prompts.flatMap(\.images)
    let own = self.configuration
    let virtual = prompts.flatMap { $0.context.images.map(\.virtualRows) }
    let pass = try DifferentiablePass(
      .vision, configuration, options, contexts: prompts.map(\.context),
      lengths: prompts.map { $0.context.images.reduce(0) { $0 + own.rows + $1.virtualRows } },
      segments: virtual.map { own.rows + $0 })
    var hidden = try pass.visit(.embeddings, layer: nil, spread(embedded(images, pass), virtual))
    var states = [hidden]
    for layer in 0..<own.usedLayers {
      hidden = try pass.run(blocks[layer], hidden, layer: layer)
      states.append(hidden)
    }
    let dropped = own.rows - own.featureRows
    var start = 0
    let kept = virtual.flatMap { virtual in
      defer { start += own.rows + virtual }
      return (dropped..<own.rows).map { start + ($0 < own.classTokens ? $0 : $0 + virtual) }
    }
    func features(_ rows: [Int]) throws -> Variable {
      let chosen = try own.featureStates.map { try states[$0].rows(rows) }
      return try chosen.count == 1 ? chosen[0] : Variable.concat(chosen, along: "model")
    }
    start = 0
    let added = try prompts.map { prompt -> Variable? in
      let rows = prompt.context.images.flatMap { image in
        defer { start += own.rows + image.virtualRows }
        return (0..<image.virtualRows).map { start + own.classTokens + $0 }
      }
      return rows.isEmpty ? nil : try features(rows).rename("model", to: "input")
    }
    return (try features(kept), added)
  }

  /// Each image's rows with its virtual ones, zeros, behind the class token.
  private func spread(_ rows: Variable, _ virtual: [Int]) throws -> Variable {
    guard virtual.contains(where: { $0 > 0 }) else { return rows }
    let own = configuration
    let zero = virtual.count * own.rows
    let sources = virtual.enumerated().flatMap { image, virtual in
      let first = image * own.rows
      return Array(first..<first + own.classTokens) + Array(repeating: zero, count: virtual)
        + Array(first + own.classTokens..<first + own.rows)
    }
    let zeros = Variable(try Tensor.zeros([Axis("token", 1), Axis("model", own.block.width)]))
    return try Variable.concat([rows, zeros], along: "token").rows(sources)
  }

  /// Patch and class embeddings with their positions, after the first norm: `[token, model]`.
  ///
  /// A class token is a row of no pixels: what its patch would give is 0, to which its embedding is added.
  private func embedded(_ images: [Tensor], _ pass: DifferentiablePass) throws -> Variable {
    let own = configuration
    let pixels = try pass.pixels.map { try Variable.concat($0.map(unfolded), along: "token") } ?? unfolded(images)
    let convolution = pass.weight(.patchesWeight, layer: nil, patches.weight)
    let kernel = try convolution.reshape([Axis("output", patches.output), Axis("input", patches.input)])
    let mapped = try pixels.linear(weight: kernel, bias: nil, into: "model")
    var places = try pass.weight(.positionsWeight, layer: nil, positions).floats.named(["position", "model"])
    if own.classTokens > 0 {
      let first = try Tensor.eye(Axis("position", own.rows), Axis("class", 1))
      let classes = try pass.weight(.classWeight, layer: nil, classEmbedding).floats
        .reshape([Axis("class", 1), Axis("model", own.block.width)])
      places = try places + Variable(first).contract(classes, over: ["class"])
    }
    let repeated = images.flatMap { _ in Array(0..<own.rows) }
    let hidden = try mapped + places.rename("position", to: "token").rows(repeated)
    return try pass.normed(hidden, norm, layer: nil, weight: .normWeight, bias: .normBias)
  }
}

extension VisionTower {
  /// Each image's patches as rows `[token, pixel]`, after a row of zeros where there is a class token.
  private func unfolded(_ images: [Tensor]) -> Variable {
    let own = configuration
    return Variable(
      Tensor(Shape([Axis("token", images.count * own.rows), Axis("pixel", patches.input)])) { out in
        out.update(repeating: 0)
        guard let base = out.baseAddress else { return }
        for (index, image) in images.enumerated() {
          unfold(image, into: base + (index * own.rows + own.classTokens) * patches.input)
        }
      })
  }

  /// The same of one image that gets a gradient, `[channel, row, column]`.
  private func unfolded(_ image: Variable) throws -> Variable {
    let (side, patch) = (configuration.patchesPerSide, configuration.patchSize)
    let named = try image.named(["channel", "row", "column"])
      .split("row", into: [Axis("down", side), Axis("y", patch)])
      .split("column", into: [Axis("across", side), Axis("x", patch)])
    let rows = try named.reorder(["down", "across", "channel", "y", "x"]).merge(["channel", "y", "x"], into: "pixel")
      .merge(["down", "across"], into: "token")
    let classes = Tensor(Shape([Axis("token", configuration.classTokens), Axis("pixel", patches.input)])) {
      $0.update(repeating: 0)
    }
    return try Variable.concat([Variable(classes), rows], along: "token")
  }
}

extension Projector {
  /// - Parameter features: `[token, model]`, as the pass is laid out.
  /// - Returns: `[token, model]` in the decoder's width.
  func forward(_ features: Variable, _ pass: DifferentiablePass) throws -> Variable {
    let features = try pass.visit(.features, layer: nil, features)
    var hidden = try pass.mapped(
      features, first, layer: nil, weight: .hiddenWeight, bias: .hiddenBias, into: "hidden")
    hidden = try hidden.activated(configuration.activation.differentiable)
    hidden = try pass.visit(.hidden, layer: nil, hidden)
    let output = try pass.mapped(
      hidden, second, layer: nil, weight: .outputWeight, bias: .outputBias, into: "model")
    return try pass.visit(.output, layer: nil, output)
  }
}
