import Models
import Tensors

/// What the residual stream would answer if the model ended early (nostalgebraist 2020).
public struct LogitLens: Sendable {
  /// `[layer, token, vocab]`: the probability of every next token after each captured layer.
  public let probabilities: Tensor

  /// - Parameters:
  ///   - trace: with decoder sites of the residual stream, such as `layers[*].output`.
  ///   - pattern: one point in one or several layers.
  ///   - tokens: at which prompt tokens.
  public init(_ trace: Trace, at pattern: SitePattern, on tokens: TokenSelector = .last, model: Model) throws {
    let hidden = try trace.tensor(pattern)
    let stacked = hidden.shape.index(of: "layer") == nil ? try hidden.expand(Axis("layer", 1)) : hidden
    guard let place = stacked.shape.index(of: "token") else {
      throw InterventionError.runs("`\(pattern)` is no residual stream: it has no axis `token`")
    }
    let chosen = try stacked.axes[place].indices(of: tokens)
    probabilities = try model.unembed(stacked.select("token", .list(chosen))).softmax(over: "vocab")
  }
}
