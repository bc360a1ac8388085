import Models

extension SitePattern {
  /// The sites of a model that this pattern names, in forward order, each once.
  ///
  /// - Throws: `InterventionError.noSite` when one of its paths matches nothing, or asks for a block that is not
  ///   there; the error lists what is.
  public func sites(in catalog: SiteCatalog) throws -> [Site] {
    var matched: Set<Site> = []
    for alternative in alternatives { matched.formUnion(try alternative.sites(in: catalog)) }
    return catalog.entries.map(\.site).filter { matched.contains($0) }
  }
}

extension SitePattern.Alternative {
  func sites(in catalog: SiteCatalog) throws(InterventionError) -> [Site] {
    try checkIndices(catalog)
    var matched: [Site] = []
    for entry in catalog.entries where matches(entry.site, catalog) { matched.append(entry.site) }
    if matched.isEmpty { throw missing(catalog) }
    return matched
  }

  private func matches(_ site: Site, _ catalog: SiteCatalog) -> Bool {
    let own = site.steps
    guard own.count == steps.count else { return false }
    for (step, part) in zip(steps, own) {
      guard step.name == part.name else { return false }
      switch (step.choice, part.index) {
      case (nil, nil): continue
      case (let choice?, let index?):
        guard choice.resolve(count: catalog.layerCount(site.stack)).indices.contains(index) else { return false }
      default: return false
      }
    }
    return true
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
    var known: [[String]] = catalog.entries.map { $0.site.steps.map(\.name) }
    for (depth, step) in steps.enumerated() {
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
    return .noSite(
      pattern: path, reason: "it stops above a site",
      nearest: ordered(known.compactMap { $0.count > steps.count ? $0[steps.count...].joined(separator: ".") : nil }))
  }

  private func ordered(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
