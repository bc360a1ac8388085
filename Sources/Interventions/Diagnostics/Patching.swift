import Models
import Tensors

extension Trace {
  /// Activation patching: puts what this run had at some tokens in the place of what another run has there.
  ///
  /// The n-th token that `target` names in the other prompt gets the activation of the n-th token that `source`
  /// names in this one.
  ///
  /// - Parameters:
  ///   - pattern: captured sites; all of them are patched.
  ///   - source: tokens of this trace.
  ///   - target: tokens of the prompts it will be applied to; nil for the same selector.
  /// - Throws: `InterventionError` for sites that were not captured and selectors that name nothing here.
  public func patch(
    _ pattern: SitePattern, from source: TokenSelector, to target: TokenSelector? = nil
  ) throws -> Intervention {
    let parts = try pattern.activations(in: catalog).map { site in
      let activation = try tensor(site)
      let axis = activation.axes[activation.axes.count - 2]
      let chosen = try axis.indices(of: source)
      guard !chosen.isEmpty else {
        throw InterventionError.runs("`\(source)` names no token of the run to patch from at `\(site.path)`")
      }
      let rows = try activation.select(axis.name, .list(chosen))
      let value = axis.name == "token" ? rows : try rows.rename(axis.name, to: "token")
      return Intervention(SitePattern([site]), on: target ?? source, Replace.patch(value))
    }
    return Intervention(parts)
  }
}
