import Models
import Tensors

/// Keeps what lies at some sites during a run: the prefill and every generated step.
final class ActivationRecorder: SiteListener {
  let sites: Set<Site>
  private let sampleCount: Int
  private var chunks: [Site: [[Tensor]]] = [:]

  init(_ sites: some Sequence<Site>, samples: Int) {
    self.sites = Set(sites)
    sampleCount = samples
  }

  func visit(_ activation: any SiteActivation) {
    var own = chunks[activation.site] ?? Array(repeating: [], count: sampleCount)
    for sample in 0..<min(sampleCount, activation.sampleCount) where !activation.positions(sample).isEmpty {
      own[sample].append(activation.tensor(sample))
    }
    chunks[activation.site] = own
  }

  /// One sample's activation over all passes, its token axes labelled; nil where the site was never reached.
  ///
  /// - Parameter context: the sample's prompt with the tokens generated.
  func tensor(_ site: Site, sample: Int, context: TokenContext) -> Tensor? {
    guard let parts = chunks[site]?[sample], !parts.isEmpty else { return nil }
    return joined(parts).labelled(site, context)
  }

  /// Passes one after the other along the second-last axis, `token` or `query`. A step sees more keys than the
  /// passes before it; theirs are filled with zeros, which is what the causal mask makes of them.
  private func joined(_ parts: [Tensor]) -> Tensor {
    guard let first = parts.first, parts.count > 1 else { return parts[0] }
    let rank = first.axes.count
    let tokens = parts.reduce(0) { $0 + $1.axes[rank - 2].size }
    let width = parts.reduce(0) { max($0, $1.axes[rank - 1].size) }
    var axes = first.axes
    axes[rank - 2] = Axis(axes[rank - 2].name, tokens)
    axes[rank - 1] = Axis(axes[rank - 1].name, width)
    let heads = axes.dropLast(2).reduce(1) { $0 * $1.size }
    return Tensor(Shape(axes)) { out in
      out.update(repeating: 0)
      var before = 0
      for part in parts {
        let (rows, own) = (part.axes[rank - 2].size, part.axes[rank - 1].size)
        part.withFloats { values in
          for head in 0..<heads {
            for row in 0..<rows {
              let from = (head * rows + row) * own
              let to = (head * tokens + before + row) * width
              _ = UnsafeMutableBufferPointer(rebasing: out[to..<to + own])
                .update(fromContentsOf: UnsafeBufferPointer(rebasing: values[from..<from + own]))
            }
          }
        }
        before += rows
      }
    }
  }
}

extension Tensor {
  /// With labels on the axes that run over a sample's tokens, so that selectors can slice them.
  func labelled(_ site: Site, _ context: TokenContext) -> Tensor {
    let axes = axes.map { axis in
      guard ["token", "query", "key"].contains(axis.name) else { return axis }
      return Axis(
        axis.name, axis.size,
        labels: TokenLabels(
          context: context, stack: site.stack, positions: Array(0..<axis.size), length: axis.size))
    }
    return Tensor(shape: Shape(axes), dtype: dtype, storage: storage, byteOffset: byteOffset)
  }
}
