import Autodiff
import Tensors

extension Model {
  /// What stands at a site in a differentiable pass; what comes after it does not run.
  ///
  /// - Parameter site: a site of rows or of heads.
  /// - Returns: the packed activation, after the listener's edits, and the rows of each sample in it.
  /// - Throws: `ModelError.noSuchSite`; `ModelError.notReached` where no sample passes the site.
  public func activation(
    _ prompts: [Prompt], at site: Site, _ options: DifferentiableRun.Options = DifferentiableRun.Options()
  ) throws -> (value: Variable, samples: [Range<Int>]) {
    let interceptor = Interceptor(site, options.listener)
    var options = options
    options.listener = interceptor
    do {
      let run = try DifferentiableRun(self, prompts, options)
      _ = try run.logits(try run.stream(), rows: [])
    } catch is Interceptor.Reached {}
    guard let found = interceptor.found else { throw ModelError.notReached(site) }
    return found
  }
}

/// Lets another listener do its work, and ends the pass at one site.
private final class Interceptor: DifferentiableListener {
  let sites: Set<Site>
  private(set) var found: (value: Variable, samples: [Range<Int>])?
  private let site: Site
  private let inner: (any DifferentiableListener)?

  struct Reached: Error {}

  init(_ site: Site, _ inner: (any DifferentiableListener)?) {
    self.site = site
    self.inner = inner
    sites = (inner?.sites ?? []).union([site])
  }

  func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
    let edits = inner?.sites.contains(activation.site) ?? false
    let content = edits ? try inner?.visit(activation) ?? activation.content : activation.content
    guard activation.site == site, case .packed(let value) = content else { return content }
    found = (value, activation.samples)
    throw Reached()
  }
}
