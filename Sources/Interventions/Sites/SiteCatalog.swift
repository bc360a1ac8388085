import Models

/// The sites one model has: the points of its forward pass in their order, and its weights, with their shapes.
///
/// This is all that patterns, operators and bindings need to know of a model; it is made from the configuration
/// alone, so a script can be checked without reading weights.
public struct SiteCatalog: Sendable, Equatable {
  /// The points of the forward pass.
  public let entries: [Entry]
  /// The weights, in the order of `ModelConfiguration.weightSites`.
  public let weights: [Entry]
  /// Sites whose activations nothing reads: an edit there changes no output at all. For instance the vision blocks
  /// after the layer that the projector reads.
  public let unread: Set<Site>

  public struct Entry: Sendable, Equatable {
    public let site: Site
    /// Axes outermost first; a size is nil where it depends on the prompt.
    public let axes: [Dimension]
    /// At activations of the decoder how wide the rows are that the vision tower hands on; nil elsewhere and without a tower.
    public let towerWidth: Int?

    public init(_ site: Site, _ axes: [Dimension], towerWidth: Int? = nil) {
      self.site = site
      self.axes = axes
      self.towerWidth = towerWidth
    }

    /// The size of the last axis: what parameters with an axis `model` are as wide as. Nil where the prompt decides.
    public var width: Int? { axes.last?.size }
    /// The same place with a size for the axis of its tokens: how many of them an edit can select.
    public func selecting(_ count: Int?) -> Entry {
      guard let count, !site.point.isWeight else { return self }
      return Entry(
        site, axes.map { $0.name == "token" ? Dimension("token", count) : $0 }, towerWidth: towerWidth)
    }
    /// Whether this is a weight that maps rows `[input]` to rows `[output]`.
    public var isLinear: Bool { site.point.isWeight && axes.map(\.name) == ["output", "input"] }
    /// The numbers in it; nil where the prompt decides.
    public var count: Int? {
      axes.reduce(1 as Int?) { count, axis in axis.size.flatMap { size in count.map { $0 * size } } }
    }
    /// `[token, model 96]`
    public var shapeText: String {
      "[" + axes.map { axis in axis.size.map { "\(axis.name) \($0)" } ?? axis.name }.joined(separator: ", ") + "]"
    }
  }

  public struct Dimension: Sendable, Equatable {
    public let name: String
    public let size: Int?

    public init(_ name: String, _ size: Int? = nil) {
      self.name = name
      self.size = size
    }
  }

  public init(_ entries: [Entry], weights: [Entry] = [], unread: Set<Site> = []) {
    self.entries = entries
    self.weights = weights
    self.unread = unread
  }

  /// The sites of a model.
  public init(_ configuration: ModelConfiguration) {
    let (sites, weights) = (configuration.sites, configuration.weightSites)
    self.init(
      sites.map { site in
        Entry(
          site, configuration.axes(of: site).map { Dimension($0.name, $0.size) },
          towerWidth: site.stack == .decoder ? configuration.vision?.rowWidth : nil)
      },
      weights: weights.map { site in
        Entry(site, (configuration.weightAxes(of: site) ?? []).map { Dimension($0.name, $0.size) })
      }, unread: Set((sites + weights).filter { !configuration.reachesLogits($0) }))
  }

  public subscript(_ site: Site) -> Entry? { (site.point.isWeight ? weights : entries).first { $0.site == site } }

  /// Blocks per stack, as far as there are sites in them.
  public func layerCount(_ stack: Site.Stack) -> Int {
    (entries.lazy.filter { $0.site.stack == stack }.compactMap(\.site.layer).max() ?? -1) + 1
  }

  /// Whether the site lies where only its own position's logits can still change: after the last block's keys and
  /// values have been read. An edit of image tokens there reaches no answer.
  public func isPastLastMixing(_ site: Site) -> Bool {
    guard site.stack == .decoder else { return false }
    switch site.point {
    case .norm, .logits: return true
    case .query, .scores, .weights, .mixed, .attentionOutput, .residual, .mlpHidden, .mlpOutput, .output:
      return site.layer == layerCount(.decoder) - 1
    default: return false
    }
  }
}
