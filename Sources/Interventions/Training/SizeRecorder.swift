import Autodiff
import Models
import Tensors

/// Notes how large activations become at the outputs of attention, MLPs and blocks, while a session edits them.
final class SizeRecorder: DifferentiableListener {
  let sites: Set<Site>
  private let session: DifferentiableSession
  /// In the order of the pass.
  private var sizes: [LargestActivation] = []

  init(_ session: DifferentiableSession, _ catalog: SiteCatalog) {
    self.session = session
    let watched: [Site.Point] = [.attentionOutput, .mlpOutput, .output, .logits]
    sites = session.sites.union(catalog.entries.map(\.site).filter { watched.contains($0.point) })
  }

  func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
    let content = session.sites.contains(activation.site) ? try session.visit(activation) : activation.content
    let values =
      switch content {
      case .packed(let rows): [rows]
      case .matrices(let matrices): matrices
      }
    var size: Float = 0
    for value in values {
      for number in value.value.floats() where !(abs(number) <= size) { size = abs(number) }
    }
    sizes.append(LargestActivation(site: activation.site.path, size: size))
    return content
  }

  /// The first site that was not finite, then the largest of the finite ones.
  func largest(_ count: Int) -> [LargestActivation] {
    let broken = sizes.filter { !$0.size.isFinite }.prefix(1)
    let finite = sizes.filter(\.size.isFinite).sorted { $0.size > $1.size }
    return Array((broken + finite).prefix(count))
  }
}
