import Models

/// Several listeners at one forward pass, each asked at its own sites, in order: what the first edits, the next sees.
final class ListenerChain: SiteListener {
  let sites: Set<Site>
  let treatsPositionsAlone: Bool
  private let wanted: [Site: [any SiteListener]]

  init(_ listeners: [any SiteListener]) {
    var wanted: [Site: [any SiteListener]] = [:]
    for listener in listeners { for site in listener.sites { wanted[site, default: []].append(listener) } }
    self.wanted = wanted
    sites = Set(wanted.keys)
    treatsPositionsAlone = listeners.allSatisfy(\.treatsPositionsAlone)
  }

  func visit(_ activation: any SiteActivation) throws {
    for listener in wanted[activation.site] ?? [] { try listener.visit(activation) }
  }

  /// The listeners as one; nil for none, and the listener itself where there is one.
  static func of(_ listeners: [(any SiteListener)?]) -> (any SiteListener)? {
    let present = listeners.compactMap { $0 }.filter { !$0.sites.isEmpty }
    return present.count > 1 ? ListenerChain(present) : present.first
  }
}
