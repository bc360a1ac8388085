import Models
import Tensors

/// Reduces each activation the moment it is there and keeps only the result.
private final class Reducer: SiteListener {
  let sites: Set<Site>
  private let reduce: (Tensor) throws -> Tensor
  /// By site, then by sample.
  private(set) var results: [Site: [Tensor]] = [:]

  init(_ sites: [Site], reduce: @escaping (Tensor) throws -> Tensor) {
    self.sites = Set(sites)
    self.reduce = reduce
  }

  func visit(_ activation: any SiteActivation) throws {
    for sample in 0..<activation.sampleCount where !activation.positions(sample).isEmpty {
      let tensor = activation.tensor(sample).labelled(activation.site, activation.context(sample))
      results[activation.site, default: []].append(try reduce(tensor).to(.f32))
    }
  }
}

extension SteeredModel {
  /// Applies `reduce` to the activation at each site for each prompt, and keeps nothing else: the attention of a
  /// whole data set would not fit in memory.
  ///
  /// - Parameters:
  ///   - prompts: run one at a time, one forward pass each.
  ///   - reduce: gets one site's activation of one prompt, its token axes labelled; its results must agree in shape.
  ///   - progress: called with the number of prompts done.
  /// - Returns: `[sample, …]`, or `[sample, layer, …]` where the pattern names several layers.
  public func measure(
    _ prompts: some Sequence<Prompt>, at pattern: SitePattern, prefixes: PrefixStore? = nil,
    control: RunControl = RunControl(),
    progress: (Int) throws -> Void = { _ in }, reduce: @escaping (Tensor) throws -> Tensor
  ) throws -> Tensor {
    let sites = try pattern.activations(in: SiteCatalog(base.configuration))
    var samples: [Tensor] = []
    for prompt in prompts {
      let reducer = Reducer(sites, reduce: reduce)
      try forward([prompt], observer: reducer, prefixes: prefixes, control: control)
      let reached = sites.filter { reducer.results[$0] != nil }
      guard reached.count == sites.count else {
        let missing = sites.first { reducer.results[$0] == nil }
        throw InterventionError.runs(
          "prompt \(samples.count) does not reach `\(missing?.path ?? "")`; has it an image?")
      }
      samples.append(
        try stacked(sites.compactMap { reducer.results[$0]?.first }, sites, pattern: pattern.description))
      try progress(samples.count)
    }
    guard let first = samples.first else { throw InterventionError.runs("there are no prompts to measure") }
    if let odd = samples.firstIndex(where: { $0.shape != first.shape }) {
      throw InterventionError.runs(
        "prompt 0 was reduced to \(first.shape) and prompt \(odd) to \(samples[odd].shape); reduce over the axes "
          + "that differ between prompts, such as token, query and key")
    }
    return try Tensor.stack(samples, into: "sample")
  }
}
