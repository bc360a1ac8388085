/// The nonlinearity of an MLP.
public enum Activation: String, Sendable, CaseIterable {
  case silu, gelu, geluTanh, quickGelu, relu

  /// The names that configuration files use; several mean the same function.
  private static let names: [String: Activation] = [
    "silu": .silu, "swish": .silu, "gelu": .gelu, "gelu_python": .gelu, "gelu_new": .geluTanh, "gelu_fast": .geluTanh,
    "gelu_pytorch_tanh": .geluTanh, "quick_gelu": .quickGelu, "relu": .relu,
  ]

  public static var knownNames: [String] { names.keys.sorted() }

  /// The function that configuration files call `name`, or nil.
  public init?(named name: String) {
    guard let known = Self.names[name] else { return nil }
    self = known
  }
}
