import Models
import Tensors

/// How much attention goes to each kind of token, per layer.
public struct AttentionShares: Sendable {
  public let layers: [Int]
  /// `[layer]` each: the attention weight summed over the keys of that kind, averaged over heads and queries. Together
  /// they are 1 where the softmax is and no positions were added.
  public let image: [Float]
  /// The user's text, the template and the system text.
  public let text: [Float]
  public let generated: [Float]
}

extension Trace {
  /// Attention by modality, from captured `attention.weights` of the decoder.
  ///
  /// - Parameter queries: whose attention: `.generated` for the answer's, `.last` for the prompt's last token.
  /// - Throws: `InterventionError` when no attention weights were captured or `queries` names no token.
  public func attentionShares(queries: TokenSelector = .generated) throws -> AttentionShares {
    let captured = sites.filter { $0.stack == .decoder && $0.point == .weights }
    guard !captured.isEmpty else {
      throw InterventionError.noSite(
        pattern: "layers[*].attention.weights", reason: "no attention weights were captured", nearest: [])
    }
    let kinds: [TokenSelector] = [.image, .system + .text + .template, .generated]
    var sums: [[Float]] = Array(repeating: [], count: kinds.count)
    for site in captured {
      let weights = try tensor(site)
      let (queryAxis, keyAxis) = (weights.axes[1], weights.axes[2])
      let asking = try queryAxis.indices(of: queries)
      guard !asking.isEmpty else {
        throw InterventionError.runs("`\(queries)` names no token of this trace; generate some, or ask `.last`")
      }
      let mean = try weights.select("query", .list(asking)).mean(over: ["head", "query"])
      for (kind, selector) in kinds.enumerated() {
        let keys = try keyAxis.indices(of: selector)
        sums[kind].append(try mean.select("key", .list(keys)).sum().item())
      }
    }
    return AttentionShares(
      layers: captured.compactMap(\.layer), image: sums[0], text: sums[1], generated: sums[2])
  }
}
