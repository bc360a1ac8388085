import Tensors

/// Where a model's weights come from: a checkpoint, or random draws.
protocol WeightSource {
  /// - Parameters:
  ///   - places: where a checkpoint may keep it, the usual place first.
  ///   - shape: what the configuration asks for.
  func weight(_ site: Site, places: [WeightPlace], _ shape: Shape) throws -> Weight

  /// The pair beside a map of the decoder; nil where there is none.
  ///
  /// - Parameter places: where a checkpoint may keep the map.
  func lowRank(
    _ configuration: LowRankConfiguration, places: [WeightPlace], input: Int, output: Int
  ) throws -> LowRank?
}

/// Puts the parts of a model together from their weights, each as the configuration asks for it.
struct ModelAssembly {
  let configuration: ModelConfiguration
  let family: Family
  let source: any WeightSource
  var compute = Compute.f32

  /// Nil where the configuration has no such weight.
  private func optional(_ site: Site) throws -> Weight? {
    guard let axes = configuration.weightAxes(of: site) else { return nil }
    let shape = Shape(axes.map { Axis($0.name, $0.size) })
    return try source.weight(site, places: family.places(site, configuration), shape).computing(compute)
  }

  private func weight(_ site: Site) throws -> Weight {
    guard let weight = try optional(site) else { throw ModelError.noSuchWeight(site, reason: "") }
    return weight
  }

  private func linear(
    _ stack: Site.Stack, _ layer: Int?, _ point: Site.Point, _ bias: Site.Point, _ input: Int, _ output: Int
  ) throws -> Linear {
    Linear(
      weight: try weight(Site(stack, layer: layer, point)), bias: try optional(Site(stack, layer: layer, bias)),
      input: input, output: output, lowRank: try lowRank(Site(stack, layer: layer, point), input, output))
  }

  private func lowRank(_ site: Site, _ input: Int, _ output: Int) throws -> LowRank? {
    guard let configuration = configuration.lowRank, site.stack == .decoder, site.layer != nil else { return nil }
    let places = family.places(site, self.configuration).filter { place in
      configuration.targets.contains { place.name.hasSuffix(".\($0).weight") }
    }
    guard !places.isEmpty else { return nil }
    return try source.lowRank(configuration, places: places, input: input, output: output)
  }

  /// Nil where the configuration has no such norm.
  private func optionalNorm(
    _ stack: Site.Stack, _ layer: Int?, _ point: Site.Point, _ bias: Site.Point?, _ block: BlockConfiguration,
    epsilon: Float? = nil
  ) throws -> Norm? {
    guard let scale = try optional(Site(stack, layer: layer, point)) else { return nil }
    return Norm(
      kind: block.norm, scale: scale, offset: try bias.flatMap { try optional(Site(stack, layer: layer, $0)) },
      width: scale.tensor.count, epsilon: epsilon ?? block.epsilon
    ).withOneType
  }

  private func norm(
    _ stack: Site.Stack, _ layer: Int?, _ point: Site.Point, _ bias: Site.Point, _ block: BlockConfiguration,
    epsilon: Float? = nil
  ) throws -> Norm {
    guard let norm = try optionalNorm(stack, layer, point, bias, block, epsilon: epsilon) else {
      throw ModelError.noSuchWeight(Site(stack, layer: layer, point), reason: "")
    }
    return norm
  }

  private func block(
    _ block: BlockConfiguration, _ stack: Site.Stack, _ layer: Int,
    pattern: LayerPattern = LayerPattern(window: nil, rotary: nil)
  ) throws -> Block {
    Block(
      configuration: block, pattern: pattern,
      attentionNorm: try norm(stack, layer, .attentionNormWeight, .attentionNormBias, block),
      query: try linear(stack, layer, .queryWeight, .queryBias, block.width, block.queryWidth),
      key: try linear(stack, layer, .keyWeight, .keyBias, block.width, block.keyValueWidth),
      value: try linear(stack, layer, .valueWeight, .valueBias, block.width, block.keyValueWidth),
      queryNorm: try optionalNorm(stack, layer, .queryNormWeight, nil, block),
      keyNorm: try optionalNorm(stack, layer, .keyNormWeight, nil, block),
      attentionOutput: try linear(
        stack, layer, .attentionOutputWeight, .attentionOutputBias, block.queryWidth, block.width),
      attentionPostNorm: try optionalNorm(stack, layer, .attentionPostNormWeight, nil, block),
      attentionOutputScale: try optional(Site(stack, layer: layer, .attentionOutputScale))?.asFloats,
      mlpNorm: try optionalNorm(stack, layer, .mlpNormWeight, .mlpNormBias, block),
      gate: block.gated ? try linear(stack, layer, .gateWeight, .gateBias, block.width, block.hidden) : nil,
      up: try linear(stack, layer, .upWeight, .upBias, block.width, block.hidden),
      down: try linear(stack, layer, .downWeight, .downBias, block.hidden, block.width),
      mlpPostNorm: try optionalNorm(stack, layer, .mlpPostNormWeight, nil, block),
      mlpOutputScale: try optional(Site(stack, layer: layer, .mlpOutputScale))?.asFloats)
  }

  func decoder() throws -> Decoder {
    let decoder = configuration.decoder
    let (width, vocabulary) = (decoder.block.width, decoder.vocabulary)
    let embedding = try weight(Site(.decoder, .embeddingsWeight))
    let output =
      decoder.tiedEmbeddings
      ? Linear(
        weight: embedding, bias: try optional(Site(.decoder, .logitsBias)), input: width, output: vocabulary)
      : try linear(.decoder, nil, .logitsWeight, .logitsBias, width, vocabulary)
    return Decoder(
      configuration: decoder, embedding: embedding, positions: try optional(Site(.decoder, .positionsWeight)),
      blocks: try (0..<decoder.layers).map { try block(decoder.block, .decoder, $0, pattern: decoder.pattern[$0]) },
      norm: try norm(.decoder, nil, .normWeight, .normBias, decoder.block), output: output)
  }

  func visionTower() throws -> VisionTower? {
    guard let vision = configuration.vision else { return nil }
    return VisionTower(
      configuration: vision,
      patches: try linear(
        .vision, nil, .patchesWeight, .patchesBias, vision.patchInput, vision.block.width),
      classEmbedding: try optional(Site(.vision, .classWeight)),
      registers: try optional(Site(.vision, .registersWeight)),
      positions: try optional(Site(.vision, .positionsWeight)),
      norm: vision.inputNorm ? try norm(.vision, nil, .normWeight, .normBias, vision.block) : nil,
      blocks: try (0..<vision.layers).map { try block(vision.block, .vision, $0, pattern: vision.pattern($0)) },
      featureNorm: try vision.featureNorm.map {
        try norm(.vision, nil, .featuresNormWeight, .featuresNormBias, vision.block, epsilon: $0)
      })
  }

  func projector() throws -> Projector? {
    guard let projector = configuration.projector else { return nil }
    return Projector(
      configuration: projector,
      maps: try projector.maps.enumerated().map { index, map in
        let widths = projector.widths(of: index)
        return try linear(.projector, nil, map.weight, map.bias, widths.input, widths.output)
      }, endOfLine: try optional(Site(.projector, .endOfLineWeight)))
  }
}
