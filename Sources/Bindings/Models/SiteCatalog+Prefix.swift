import Interventions
import Models

extension SiteCatalog {
  /// What lies at or below a path that may stop anywhere, `layers[2].attention`: activations, then weights.
  func entries(below steps: [PathStep]) -> [Entry] {
    if let last = steps.last, case .none = last.suffix, WeightGroup(rawValue: last.name) != nil {
      let sites = Set((try? SitePattern(steps).sites(in: self)) ?? [])
      return weights.filter { sites.contains($0.site) }
    }
    return (entries + weights).filter { holds($0.site, below: steps) }
  }

  /// Whether a site lies at or below a path.
  private func holds(_ site: Site, below steps: [PathStep]) -> Bool {
    var steps = steps[...]
    let own = site.steps
    // `decoder.layers` is `layers`; the decoder by itself is all that stands in no other stack.
    if steps.first == PathStep(Site.Stack.decoder.rawValue) {
      guard site.stack == .decoder else { return false }
      steps = steps.dropFirst()
    }
    guard steps.count <= own.count else { return false }
    return zip(steps, own).allSatisfy { step, part in
      guard step.name == part.name else { return false }
      guard case .index(let values) = step.suffix else { return true }
      guard let index = part.index, let choice = try? IndexChoice(values, in: "") else { return false }
      return choice.resolve(count: layerCount(site.stack)).indices.contains(index)
    }
  }

  /// The names that can follow a path: of activations in forward order, of weights, and of groups of weights.
  func names(after steps: [PathStep]) -> [String] {
    let below = entries(below: steps)
    let depth = steps.count - (steps.first == PathStep(Site.Stack.decoder.rawValue) ? 1 : 0)
    var seen: Set<String> = []
    let names = below.compactMap { entry in
      let own = entry.site.steps
      return own.count > depth ? own[depth].name : nil
    }.filter { seen.insert($0).inserted }
    let weights = below.filter(\.site.point.isWeight)
    // The top needs to say which stack, and where only `weight` and `bias` are left there is nothing to group.
    guard !steps.isEmpty, weights.count > 1, names.contains(where: { !["weight", "bias"].contains($0) }) else {
      return names
    }
    return names + (weights.contains(where: \.isLinear) ? ["linears", "parameters"] : ["parameters"])
  }
}
