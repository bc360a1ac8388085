/// Which sites a listener wants, as bits: testing one costs nothing worth counting.
struct SiteSet {
  private var inBlocks: [Site.Stack: [UInt32]] = [:]
  private var outside: [Site.Stack: UInt32] = [:]

  /// - Throws: `ModelError.noSuchSite` for a site that the model does not have, `.weightIsNoActivation` for a weight
  ///   that is no linear map's.
  init(_ sites: Set<Site>, of configuration: ModelConfiguration) throws {
    for site in sites {
      guard !site.point.isWeight || site.point.isMap else { throw ModelError.weightIsNoActivation(site) }
      guard site.point.isMap ? configuration.hasWeight(site) : configuration.has(site) else {
        throw ModelError.noSuchSite(site)
      }
      guard let layer = site.layer else {
        outside[site.stack, default: 0] |= site.point.bit
        continue
      }
      let none = [UInt32](repeating: 0, count: configuration.layers(of: site.stack))
      inBlocks[site.stack, default: none][layer] |= site.point.bit
    }
  }

  /// The bits of one block, or of the points outside blocks.
  func bits(_ stack: Site.Stack, layer: Int?) -> UInt32 {
    guard let layer else { return outside[stack] ?? 0 }
    return inBlocks[stack]?[layer] ?? 0
  }

  /// Whether a site of `stack` is in the set.
  func includes(_ stack: Site.Stack) -> Bool { outside[stack, default: 0] != 0 || lastLayer(stack) != nil }

  /// The last layer of `stack` with a site in the set.
  func lastLayer(_ stack: Site.Stack) -> Int? { inBlocks[stack]?.lastIndex { $0 != 0 } }
}

extension Site.Point {
  /// The bits of what lies between the MLP's input and what it gives.
  static let insideMLP = mlpHidden.bit | gateWeight.bit | upWeight.bit | downWeight.bit

  /// One bit for each point of the forward pass and each linear map; none for other weights, which no listener sees.
  var bit: UInt32 {
    switch self {
    case .embeddings: 1 << 0
    case .input: 1 << 1
    case .query: 1 << 2
    case .key: 1 << 3
    case .value: 1 << 4
    case .scores: 1 << 5
    case .weights: 1 << 6
    case .mixed: 1 << 7
    case .attentionOutput: 1 << 8
    case .residual: 1 << 9
    case .mlpHidden: 1 << 10
    case .mlpOutput: 1 << 11
    case .output: 1 << 12
    case .norm: 1 << 13
    case .logits: 1 << 14
    case .features: 1 << 15
    case .hidden: 1 << 16
    case .queryWeight: 1 << 17
    case .keyWeight: 1 << 18
    case .valueWeight: 1 << 19
    case .attentionOutputWeight: 1 << 20
    case .gateWeight: 1 << 21
    case .upWeight: 1 << 22
    case .downWeight: 1 << 23
    case .hiddenWeight: 1 << 24
    case .outputWeight: 1 << 25
    case .secondHidden: 1 << 26
    case .secondHiddenWeight: 1 << 27
    default: 0
    }
  }
}
