import Interventions
import Models

extension SiteCatalog {
  /// Whether a site lies at or below a path that may stop anywhere: `layers[2].attention`.
  func holds(_ site: Site, below steps: [PathStep]) -> Bool {
    let own = site.steps
    guard steps.count <= own.count else { return false }
    return zip(steps, own).allSatisfy { step, part in
      guard step.name == part.name else { return false }
      guard case .index(let values) = step.suffix else { return true }
      guard let index = part.index, let choice = try? IndexChoice(values, in: "") else { return false }
      return choice.resolve(count: layerCount(site.stack)).indices.contains(index)
    }
  }

  /// The names that can follow a path, in forward order.
  func names(after steps: [PathStep]) -> [String] {
    var seen: Set<String> = []
    return entries.filter { holds($0.site, below: steps) }.compactMap { entry in
      let own = entry.site.steps
      return own.count > steps.count ? own[steps.count].name : nil
    }.filter { seen.insert($0).inserted }
  }
}
