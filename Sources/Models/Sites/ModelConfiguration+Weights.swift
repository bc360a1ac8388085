/// The weights of a model, known from its configuration alone.
extension ModelConfiguration {
  /// Every stored weight once, in a stable order: vision tower, projector, decoder, each from its input to its output.
  ///
  /// Where the output layer is the embedding table itself, `logits.weight` is not listed: it is `embeddings.weight`.
  public var weightSites: [Site] {
    var sites: [Site] = []
    func blocks(_ stack: Site.Stack) {
      let points = Self.blockWeights
      for layer in 0..<layers(of: stack) { sites += points.map { Site(stack, layer: layer, $0) } }
    }
    if vision != nil {
      let points: [Site.Point] = [
        .classWeight, .registersWeight, .patchesWeight, .patchesBias, .positionsWeight, .normWeight, .normBias,
      ]
      sites += points.map { Site(.vision, $0) }
      blocks(.vision)
      sites += [.featuresNormWeight, .featuresNormBias].map { Site(.vision, $0) }
    }
    if let projector {
      sites += projector.maps.flatMap { [$0.weight, $0.bias] }.map { Site(.projector, $0) }
      sites.append(Site(.projector, .endOfLineWeight))
    }
    sites += [.embeddingsWeight, .positionsWeight].map { Site(.decoder, $0) }
    blocks(.decoder)
    sites += [.normWeight, .normBias, .logitsWeight, .logitsBias].map { Site(.decoder, $0) }
    return sites.filter(hasWeight)
  }

  private static let blockWeights = Site.Point.allCases.filter { $0.isWeight && $0.isInBlock }

  /// Whether a weight is stored by itself.
  public func hasWeight(_ site: Site) -> Bool { weightAxes(of: site) != nil }

  /// A weight's axes by name, outermost first; nil for what is not a stored weight of this model.
  public func weightAxes(of site: Site) -> [(name: String, size: Int)]? {
    guard site.point.isWeight, site.point.isInBlock == (site.layer != nil) else { return nil }
    if let layer = site.layer {
      guard (0..<layers(of: site.stack)).contains(layer), let block = block(of: site.stack) else { return nil }
      return block.weightAxes(of: site.point)
    }
    return switch site.stack {
    case .decoder: decoder.weightAxes(of: site.point)
    case .vision: vision?.weightAxes(of: site.point)
    case .projector: projector?.weightAxes(of: site.point)
    }
  }

  /// The numbers in all weights that the forward pass reads.
  public var weightCount: Int {
    weightSites.reduce(0) { $0 + (weightAxes(of: $1) ?? []).reduce(1) { $0 * $1.size } }
  }

  /// The weight that `site` means: itself, or the embedding table where the output layer is tied to it.
  ///
  /// - Throws: `ModelError.noSuchWeight`.
  func storedWeight(_ site: Site) throws -> Site {
    if hasWeight(site) { return site }
    let isTied = site == Site(.decoder, .logitsWeight) && decoder.tiedEmbeddings
    guard isTied else {
      throw ModelError.noSuchWeight(site, reason: site.point.isWeight ? "" : "that is a point of the forward pass")
    }
    return Site(.decoder, .embeddingsWeight)
  }

  private func block(of stack: Site.Stack) -> BlockConfiguration? {
    switch stack {
    case .decoder: decoder.block
    case .vision: vision?.block
    case .projector: nil
    }
  }
}

extension BlockConfiguration {
  fileprivate func weightAxes(of point: Site.Point) -> [(name: String, size: Int)]? {
    func linear(_ output: Int, _ input: Int) -> [(name: String, size: Int)] { [("output", output), ("input", input)] }
    func bias(_ output: Int, _ exists: Bool) -> [(name: String, size: Int)]? { exists ? [("output", output)] : nil }
    return switch point {
    case .attentionNormWeight: [("model", width)]
    case .attentionNormBias: norm.hasBias ? [("model", width)] : nil
    case .attentionPostNormWeight, .mlpPostNormWeight: arrangement == .sandwich ? [("model", width)] : nil
    case .mlpNormWeight: arrangement == .parallel ? nil : [("model", width)]
    case .mlpNormBias: norm.hasBias && arrangement != .parallel ? [("model", width)] : nil
    case .attentionOutputScale, .mlpOutputScale: outputScale ? [("model", width)] : nil
    case .queryNormWeight, .keyNormWeight: queryKeyNorm ? [("feature", headSize)] : nil
    case .queryWeight: linear(queryWidth, width)
    case .queryBias: bias(queryWidth, queryKeyValueBias)
    case .keyWeight, .valueWeight: linear(keyValueWidth, width)
    case .keyBias: bias(keyValueWidth, keyBias)
    case .valueBias: bias(keyValueWidth, queryKeyValueBias)
    case .attentionOutputWeight: linear(width, queryWidth)
    case .attentionOutputBias: bias(width, attentionOutputBias)
    case .gateWeight: gated ? linear(hidden, width) : nil
    case .gateBias: bias(hidden, gated && mlpBias)
    case .upWeight: linear(hidden, width)
    case .upBias: bias(hidden, mlpBias)
    case .downWeight: linear(width, hidden)
    case .downBias: bias(width, mlpBias)
    default: nil
    }
  }
}

extension DecoderConfiguration {
  fileprivate func weightAxes(of point: Site.Point) -> [(name: String, size: Int)]? {
    switch point {
    case .embeddingsWeight: [("vocab", vocabulary), ("model", block.width)]
    case .normWeight: [("model", block.width)]
    case .positionsWeight: learnedPositions ? [("position", maximumPositions), ("model", block.width)] : nil
    case .normBias: block.norm.hasBias ? [("model", block.width)] : nil
    case .logitsWeight: tiedEmbeddings ? nil : [("vocab", vocabulary), ("model", block.width)]
    case .logitsBias: outputBias ? [("vocab", vocabulary)] : nil
    default: nil
    }
  }
}

extension VisionConfiguration {
  fileprivate func weightAxes(of point: Site.Point) -> [(name: String, size: Int)]? {
    switch point {
    case .patchesWeight:
      [("output", block.width), ("channel", channels)] + (frames > 1 ? [("frame", frames)] : [])
        + [("row", patchSize), ("column", patchSize)]
    case .patchesBias: patchBias ? [("output", block.width)] : nil
    case .positionsWeight: learnedPositions ? [("position", positions), ("model", block.width)] : nil
    case .classWeight: classTokens > 0 ? [("model", block.width)] : nil
    case .registersWeight: registers > 0 ? [("register", registers), ("model", block.width)] : nil
    case .normWeight, .normBias: inputNorm ? [("model", block.width)] : nil
    case .featuresNormWeight: featureNorm != nil ? [("model", block.width)] : nil
    case .featuresNormBias: featureNorm != nil && block.norm.hasBias ? [("model", block.width)] : nil
    default: nil
    }
  }
}

extension ProjectorConfiguration {
  fileprivate func weightAxes(of point: Site.Point) -> [(name: String, size: Int)]? {
    if point == .endOfLineWeight { return endsLines ? [("model", output)] : nil }
    for (index, map) in maps.enumerated() {
      let widths = widths(of: index)
      if point == map.weight { return [("output", widths.output), ("input", widths.input)] }
      if point == map.bias { return bias ? [("output", widths.output)] : nil }
    }
    return nil
  }
}
