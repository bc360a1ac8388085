/// The maps that turn vision features into decoder embeddings: one linear map, or several with an activation between
/// them.
public struct ProjectorConfiguration: Sendable, Equatable {
  /// How many maps there are, from 1 to `mostDepth`.
  public let depth: Int
  /// Axis `model` of the features, axis `hidden` between the maps, and the decoder's axis `model`.
  public let input: Int
  public let hidden: Int
  public let output: Int
  public let activation: Activation
  public let bias: Bool
  /// Whether a learned vector ends each line of patches of an image that is cut into tiles, as in LLaVA-NeXT. The tiles
  /// then make one picture, of which padding is cut away.
  public let endsLines: Bool

  public static let mostDepth = 3

  public init(
    depth: Int = 2, input: Int, hidden: Int, output: Int, activation: Activation, bias: Bool, endsLines: Bool = false
  ) {
    self.depth = depth
    self.input = input
    self.hidden = hidden
    self.output = output
    self.activation = activation
    self.bias = bias
    self.endsLines = endsLines
  }

  /// The weight, the bias and, but for the last map, the site behind the activation of each map in turn.
  var maps: [Map] {
    let inner = [
      Map(weight: .hiddenWeight, bias: .hiddenBias, site: .hidden),
      Map(weight: .secondHiddenWeight, bias: .secondHiddenBias, site: .secondHidden),
    ]
    return inner.prefix(depth - 1) + [Map(weight: .outputWeight, bias: .outputBias, site: nil)]
  }

  struct Map {
    let weight: Site.Point
    let bias: Site.Point
    let site: Site.Point?
  }

  /// The width of what a map reads and gives.
  func widths(of map: Int) -> (input: Int, output: Int) {
    (map == 0 ? input : hidden, map == depth - 1 ? output : hidden)
  }
}
