import Models
import Tensors

/// Directions in activation space that tell two sets of prompts apart.
public enum Directions {
  /// The difference of means: mean over `positive` less mean over `negative` (Turner et al. 2023; difference-in-means
  /// of Marks & Tegmark 2023).
  ///
  /// - Parameters: `[sample, model]` each.
  /// - Returns: `[model]`, not normalised.
  public static func meanDifference(_ positive: Tensor, _ negative: Tensor) throws -> Tensor {
    try positive.mean(over: ["sample"]) - negative.mean(over: ["sample"])
  }

  /// The first principal component of the paired differences, pointing the way most of them do (RepE, Zou et al. 2023).
  ///
  /// - Parameters: `[sample, model]` each, one pair per sample.
  /// - Returns: `[model]`, of length 1.
  public static func principal(_ positive: Tensor, _ negative: Tensor) throws -> Tensor {
    let differences = try positive - negative
    // Not centred: what the pairs have in common is what is looked for.
    let parts = try differences.svd(rows: "sample", columns: "model")
    let direction = try parts.v.select("component", .index(0))
    let along = try differences.contract(direction, over: ["model"]).sum().item()
    return along < 0 ? direction.negated() : direction
  }
}

extension SteeredModel {
  /// One activation per prompt: the mean over the chosen tokens at one site. `[sample, model]`, with an axis `layer`
  /// after `sample` where the pattern names several layers.
  public func activations(
    _ prompts: some Sequence<Prompt>, at pattern: SitePattern, on tokens: TokenSelector = .last,
    prefixes: PrefixStore? = nil, control: RunControl = RunControl()
  ) throws -> Tensor {
    try measure(prompts, at: pattern, prefixes: prefixes, control: control) { activation in
      guard let axis = activation.axes.first(where: { $0.name == "token" }) else {
        throw InterventionError.runs("`\(pattern)` has no axis `token` to average over")
      }
      let chosen = try axis.indices(of: tokens)
      guard !chosen.isEmpty else { throw InterventionError.runs("`\(tokens)` names no token of one of the prompts") }
      return try activation.select("token", .list(chosen)).mean(over: ["token"])
    }
  }
}
