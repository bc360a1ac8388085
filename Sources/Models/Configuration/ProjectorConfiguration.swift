/// The two-layer MLP that turns vision features into decoder embeddings.
public struct ProjectorConfiguration: Sendable, Equatable {
  /// Axis `model` of the features, axis `hidden` between the layers, and the decoder's axis `model`.
  public let input: Int
  public let hidden: Int
  public let output: Int
  public let activation: Activation
  public let bias: Bool

  public init(input: Int, hidden: Int, output: Int, activation: Activation, bias: Bool) {
    self.input = input
    self.hidden = hidden
    self.output = output
    self.activation = activation
    self.bias = bias
  }
}
