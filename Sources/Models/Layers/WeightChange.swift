/// Gets each stored weight of a model with its place, and returns what to put there: itself, or another of its shape.
typealias WeightChange = (Site, Weight) throws -> Weight

// Every part goes through its weights in the order of `ModelConfiguration.weightSites`.

extension Linear {
  /// A value that is put in the weight's place is the whole map: the low-rank part goes.
  func mapWeights(_ weight: Site, _ bias: Site, _ change: WeightChange) rethrows -> Linear {
    let changed = try change(weight, self.weight)
    return Linear(
      weight: changed, bias: try self.bias.map { try change(bias, $0) }, input: input, output: output,
      lowRank: changed.pointer == self.weight.pointer ? lowRank : nil)
  }
}

extension Linear {
  /// The same map with a weight that has been asked for already.
  fileprivate func sharing(_ weight: Weight, _ bias: Site, _ change: WeightChange) rethrows -> Linear {
    Linear(weight: weight, bias: try self.bias.map { try change(bias, $0) }, input: input, output: output)
  }
}

extension Norm {
  func mapWeights(_ scale: Site, _ offset: Site, _ change: WeightChange) rethrows -> Norm {
    Norm(
      kind: kind, scale: try change(scale, self.scale), offset: try self.offset.map { try change(offset, $0) },
      width: width, epsilon: epsilon
    ).withOneType
  }
}

extension Block {
  func mapWeights(_ stack: Site.Stack, _ layer: Int, _ change: WeightChange) rethrows -> Block {
    func site(_ point: Site.Point) -> Site { Site(stack, layer: layer, point) }
    return Block(
      configuration: configuration, pattern: pattern,
      attentionNorm: try attentionNorm.mapWeights(site(.attentionNormWeight), site(.attentionNormBias), change),
      query: try query.mapWeights(site(.queryWeight), site(.queryBias), change),
      key: try key.mapWeights(site(.keyWeight), site(.keyBias), change),
      value: try value.mapWeights(site(.valueWeight), site(.valueBias), change),
      queryNorm: try queryNorm?.mapWeights(site(.queryNormWeight), site(.queryNormWeight), change),
      keyNorm: try keyNorm?.mapWeights(site(.keyNormWeight), site(.keyNormWeight), change),
      attentionOutput: try attentionOutput.mapWeights(site(.attentionOutputWeight), site(.attentionOutputBias), change),
      attentionPostNorm: try attentionPostNorm?.mapWeights(
        site(.attentionPostNormWeight), site(.attentionPostNormWeight), change),
      attentionOutputScale: try attentionOutputScale.map { try change(site(.attentionOutputScale), $0).asFloats },
      mlpNorm: try mlpNorm?.mapWeights(site(.mlpNormWeight), site(.mlpNormBias), change),
      gate: try gate?.mapWeights(site(.gateWeight), site(.gateBias), change),
      up: try up.mapWeights(site(.upWeight), site(.upBias), change),
      down: try down.mapWeights(site(.downWeight), site(.downBias), change),
      mlpPostNorm: try mlpPostNorm?.mapWeights(site(.mlpPostNormWeight), site(.mlpPostNormWeight), change),
      mlpOutputScale: try mlpOutputScale.map { try change(site(.mlpOutputScale), $0).asFloats })
  }
}

extension VisionTower {
  func mapWeights(_ change: WeightChange) rethrows -> VisionTower {
    let classEmbedding = try self.classEmbedding.map { try change(Site(.vision, .classWeight), $0) }
    let registers = try self.registers.map { try change(Site(.vision, .registersWeight), $0) }
    return VisionTower(
      configuration: configuration,
      patches: try patches.mapWeights(Site(.vision, .patchesWeight), Site(.vision, .patchesBias), change),
      classEmbedding: classEmbedding, registers: registers,
      positions: try positions.map { try change(Site(.vision, .positionsWeight), $0) },
      norm: try norm?.mapWeights(Site(.vision, .normWeight), Site(.vision, .normBias), change),
      blocks: try blocks.enumerated().map { try $1.mapWeights(.vision, $0, change) },
      featureNorm: try featureNorm?.mapWeights(
        Site(.vision, .featuresNormWeight), Site(.vision, .featuresNormBias), change))
  }
}

extension Projector {
  func mapWeights(_ change: WeightChange) rethrows -> Projector {
    Projector(
      configuration: configuration,
      maps: try zip(maps, configuration.maps).map { map, points in
        try map.mapWeights(Site(.projector, points.weight), Site(.projector, points.bias), change)
      }, endOfLine: try endOfLine.map { try change(Site(.projector, .endOfLineWeight), $0) })
  }
}

extension Decoder {
  /// Where the output layer is the embedding table, it is asked for once and stands in both places.
  func mapWeights(_ change: WeightChange) rethrows -> Decoder {
    let embedding = try change(Site(.decoder, .embeddingsWeight), self.embedding)
    let positions = try self.positions.map { try change(Site(.decoder, .positionsWeight), $0) }
    let blocks = try self.blocks.enumerated().map { try $1.mapWeights(.decoder, $0, change) }
    let norm = try self.norm.mapWeights(Site(.decoder, .normWeight), Site(.decoder, .normBias), change)
    let output =
      configuration.tiedEmbeddings
      ? try self.output.sharing(embedding, Site(.decoder, .logitsBias), change)
      : try self.output.mapWeights(Site(.decoder, .logitsWeight), Site(.decoder, .logitsBias), change)
    return Decoder(
      configuration: configuration, embedding: embedding, positions: positions, blocks: blocks, norm: norm,
      output: output)
  }
}
