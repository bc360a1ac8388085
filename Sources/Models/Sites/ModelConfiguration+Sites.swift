/// The points of a model's forward pass, known from its configuration alone. Its weights are `weightSites`.
extension ModelConfiguration {
  /// Every site, in the order in which a forward pass reaches them.
  public var sites: [Site] {
    var sites: [Site] = []
    func blocks(_ stack: Site.Stack) {
      for layer in 0..<layers(of: stack) {
        sites += Site.Point.allCases.filter { $0.isInBlock && !$0.isWeight }.map { Site(stack, layer: layer, $0) }
      }
    }
    if vision != nil {
      sites.append(Site(.vision, .embeddings))
      blocks(.vision)
      sites.append(Site(.projector, .features))
      sites += (projector?.maps ?? []).compactMap(\.site).map { Site(.projector, $0) }
      sites.append(Site(.projector, .output))
    }
    sites.append(Site(.decoder, .embeddings))
    blocks(.decoder)
    return sites + [Site(.decoder, .norm), Site(.decoder, .logits)]
  }

  /// Whether the forward pass comes by a site; weights are not asked for here.
  public func has(_ site: Site) -> Bool {
    if site.point.isWeight { return false }
    if site.stack != .decoder, vision == nil { return false }
    if let layer = site.layer {
      return site.point.isInBlock && (0..<layers(of: site.stack)).contains(layer)
    }
    return switch (site.stack, site.point) {
    case (.decoder, .embeddings), (.decoder, .norm), (.decoder, .logits): true
    case (.vision, .embeddings): true
    case (.projector, .features), (.projector, .output): true
    case (.projector, let point): projector?.maps.contains { $0.site == point } ?? false
    default: false
    }
  }

  /// Whether what happens at a site, or a weight, can reach the logits; blocks after the last one that makes features cannot.
  public func reachesLogits(_ site: Site) -> Bool {
    guard site.stack == .vision, let layer = site.layer, let vision else { return has(site) || hasWeight(site) }
    return layer < vision.usedLayers
  }

  func layers(of stack: Site.Stack) -> Int {
    switch stack {
    case .decoder: decoder.layers
    case .vision: vision?.layers ?? 0
    case .projector: 0
    }
  }

  /// A site's axes by name. The size is nil where it depends on the prompt.
  public func axes(of site: Site) -> [(name: String, size: Int?)] {
    guard has(site) else { return [] }
    let block = site.stack == .vision ? vision?.block : decoder.block
    let heads = site.point == .key || site.point == .value ? block?.keyValueHeads : block?.heads
    return switch site.point {
    case .query, .key, .value, .mixed: [("head", heads), ("token", nil), ("feature", block?.headSize)]
    case .scores, .weights: [("head", heads), ("query", nil), ("key", nil)]
    default: [("token", nil), rowAxis(of: site)]
    }
  }

  /// The second axis of a site of rank two.
  func rowAxis(of site: Site) -> (name: String, size: Int?) {
    let block = site.stack == .vision ? vision?.block : decoder.block
    if site.point.isMap { return weightAxes(of: site).map { ($0[0].name, $0[0].size) } ?? ("output", nil) }
    return switch (site.stack, site.point) {
    case (_, .mlpHidden): ("hidden", block?.hidden)
    case (.projector, .features): ("model", projector?.input)
    case (.projector, .hidden), (.projector, .secondHidden): ("hidden", projector?.hidden)
    case (.projector, _): ("model", projector?.output)
    case (_, .logits): ("vocab", decoder.vocabulary)
    default: ("model", block?.width)
    }
  }
}
