/// A run's listener, the sites it wants, and what it is shown.
final class Listening {
  let sites: SiteSet
  private let listener: any SiteListener
  private let configuration: ModelConfiguration
  private let contexts: RunContexts

  /// - Throws: `ModelError.noSuchSite`.
  init(_ listener: any SiteListener, _ configuration: ModelConfiguration, _ contexts: RunContexts) throws {
    sites = try SiteSet(listener.sites, of: configuration)
    self.listener = listener
    self.configuration = configuration
    self.contexts = contexts
  }

  var treatsPositionsAlone: Bool { listener.treatsPositionsAlone }

  /// Shows one site; true when the listener replaced any sample's activation.
  func show(_ site: Site, _ content: LiveActivation.Content, _ samples: [Span]) throws -> Bool {
    let activation = LiveActivation(
      site: site, content: content, samples: samples, contexts: contexts,
      rowAxis: configuration.rowAxis(of: site).name)
    try listener.visit(activation)
    return activation.wasReplaced
  }
}
