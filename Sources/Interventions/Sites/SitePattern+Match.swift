import Models

extension SitePattern {
  /// The sites of a model that this pattern names, in the catalog's order, each once.
  ///
  /// - Throws: `InterventionError.noSite` when one of its paths matches nothing, or asks for a block that is not
  ///   there; the error lists what is.
  public func sites(in catalog: SiteCatalog) throws -> [Site] {
    var matched: Set<Site> = []
    for alternative in alternatives { matched.formUnion(try alternative.sites(in: catalog)) }
    return (catalog.entries + catalog.weights).map(\.site).filter { matched.contains($0) }
  }

  /// As `sites(in:)`, where only points of the forward pass make sense.
  ///
  /// - Throws: `InterventionError.weightsAsActivations` for a weight.
  public func activations(in catalog: SiteCatalog) throws -> [Site] {
    let sites = try sites(in: catalog)
    if let weight = sites.first(where: \.point.isWeight) {
      throw InterventionError.weightsAsActivations(pattern: description, weight: weight.path)
    }
    return sites
  }
}

extension SitePattern.Alternative {
  func sites(in catalog: SiteCatalog) throws(InterventionError) -> [Site] {
    try checkIndices(catalog)
    if let group, steps.count == 1 { throw placeless(group, catalog) }
    let entries = namesWeights ? catalog.weights : catalog.entries
    let matched = entries.filter { matches($0, catalog) }.map(\.site)
    if matched.isEmpty { throw missing(catalog) }
    return matched
  }

  private func matches(_ entry: SiteCatalog.Entry, _ catalog: SiteCatalog) -> Bool {
    let own = entry.site.steps
    guard let group else {
      return own.count == steps.count && agree(steps[...], own, catalog.layerCount(entry.site.stack))
    }
    let above = steps.dropLast()
    guard group.holds(entry), above.count < own.count, stack == entry.site.stack else { return false }
    let isWhole = above.first?.name == Site.Stack.decoder.rawValue
    return agree(isWhole ? above.dropFirst() : above, own, catalog.layerCount(entry.site.stack))
  }

  /// Whether a site's path begins with these steps.
  private func agree(_ steps: ArraySlice<Step>, _ own: [(name: String, index: Int?)], _ layers: Int) -> Bool {
    zip(steps, own).allSatisfy { step, part in
      guard step.name == part.name else { return false }
      return switch (step.choice, part.index) {
      case (nil, nil): true
      case (let choice?, let index?): choice.resolve(count: layers).indices.contains(index)
      default: false
      }
    }
  }

  private var stack: Site.Stack { steps.first.flatMap { Site.Stack(rawValue: $0.name) } ?? .decoder }

  /// A block that does not exist is an error even when others in the range do.
  private func checkIndices(_ catalog: SiteCatalog) throws(InterventionError) {
    let count = catalog.layerCount(stack)
    for step in steps where step.name == "layers" {
      guard let choice = step.choice else {
        throw .noSite(
          pattern: path, reason: "`layers` needs an index", nearest: ["layers[*]", "layers[0..\(max(count - 1, 0))]"])
      }
      let (indices, outside) = choice.resolve(count: count)
      guard count > 0, let first = outside.first else {
        if indices.isEmpty, count > 0 {
          throw .noSite(pattern: path, reason: "its range of layers is empty", nearest: [])
        }
        continue
      }
      throw .noSite(
        pattern: path, reason: "there is no layer \(first)",
        nearest: ["layers 0 to \(count - 1) in the \(stack == .decoder ? "decoder" : stack.rawValue)"])
    }
  }

  /// Says where the path leaves the tree of sites, and what there is at that place.
  private func missing(_ catalog: SiteCatalog) -> InterventionError {
    if path == ".logits.weight", catalog.weights.contains(where: { $0.site == Site(.decoder, .embeddingsWeight) }) {
      return .noSite(
        pattern: path, reason: "the output layer is the embedding table here", nearest: [".embeddings.weight"])
    }
    var known = (namesWeights ? catalog.weights : catalog.entries).map { $0.site.steps.map(\.name) }
    if !known.contains(where: { $0.starts(with: steps.map(\.name)) }) {
      // `layers[0].attention.norm` is no activation, but the way to a weight.
      let weights = catalog.weights.map { $0.site.steps.map(\.name) }
      if weights.contains(where: { $0.starts(with: steps.map(\.name)) }) { known = weights }
    }
    for (depth, step) in (group == nil ? steps[...] : steps.dropLast()).enumerated() {
      let next = known.filter { $0.count > depth && $0[depth] == step.name }
      if next.isEmpty {
        let here = ordered(known.compactMap { $0.count > depth ? $0[depth] : nil })
        if here.isEmpty {
          return .noSite(pattern: path, reason: "nothing lies below `\(steps[depth - 1].name)`", nearest: [])
        }
        let suggestion = closest(to: step.name, among: here).map { ["`\($0)` (did you mean it?)"] } ?? []
        return .noSite(
          pattern: path, reason: "`\(step.name)` is not there",
          nearest: suggestion + here.filter { !suggestion.contains("`\($0)` (did you mean it?)") })
      }
      if step.choice != nil, step.name != "layers" {
        return .noSite(
          pattern: path, reason: "`\(step.name)` has no index; slice the captured tensor instead", nearest: [])
      }
      known = next
    }
    if group != nil {
      return .noSite(
        pattern: path, reason: "nothing of that kind lies there",
        nearest: ordered(known.map { $0.joined(separator: ".") }))
    }
    return .noSite(
      pattern: path, reason: "it stops above a site",
      nearest: ordered(known.compactMap { $0.count > steps.count ? $0[steps.count...].joined(separator: ".") : nil }))
  }

  /// A group by itself does not say where: a model's decoder, projector or vision tower.
  private func placeless(_ group: WeightGroup, _ catalog: SiteCatalog) -> InterventionError {
    let stacks = Site.Stack.allCases.filter { stack in catalog.weights.contains { $0.site.stack == stack } }
    return .noSite(
      pattern: path, reason: "it does not say of what", nearest: stacks.map { ".\($0.rawValue).\(group.rawValue)" })
  }

  private func ordered(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
