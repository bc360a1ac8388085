import Models
import Tensors

/// A listener that keeps what it sees, and may edit it first.
final class Recorder: SiteListener {
  let sites: Set<Site>
  private let edit: (SiteActivation) throws -> Void
  /// What each visit of a site saw, in order, for one sample.
  private(set) var seen: [Site: [Tensor]] = [:]
  private(set) var order: [Site] = []
  private(set) var positions: [Site: [Range<Int>]] = [:]
  private(set) var contexts: [TokenContext] = []
  private let sample: Int

  init(_ sites: some Sequence<Site>, sample: Int = 0, edit: @escaping (SiteActivation) throws -> Void = { _ in }) {
    self.sites = Set(sites)
    self.sample = sample
    self.edit = edit
  }

  func visit(_ activation: SiteActivation) throws {
    try edit(activation)
    seen[activation.site, default: []].append(activation.tensor(sample))
    positions[activation.site, default: []].append(activation.positions(sample))
    order.append(activation.site)
    contexts.append(activation.context(sample))
  }
}
