/// A name that another library has for one of our sites.
public struct SiteAlias: Sendable {
  /// Whose name it is.
  public enum Source: String, Sendable, CaseIterable {
    case transformerLens = "TransformerLens"
    case transformers = "transformers, baukit, nnsight"
    case pyvene = "pyvene"
  }

  /// When another library's activation is not what lies at our site.
  enum Condition: Sendable {
    /// Queries and keys before their norm and rotary embedding are no site of ours.
    case turned
    /// Token embeddings before learned positions are added are none.
    case positioned
    /// What attention and MLP give before a norm of its own is none.
    case sandwiched
    /// Logits before their cap are none.
    case capped
    /// The activated gate before it is multiplied is none.
    case gated
  }

  public let source: Source
  /// The name, `#` standing for the layer's number: `blocks.#.hook_resid_post`.
  public let name: String
  let stack: Site.Stack
  let point: Site.Point
  /// Where it is another thing than our site.
  let unless: Condition?

  init(_ source: Source, _ name: String, _ point: Site.Point, in stack: Site.Stack = .decoder, unless: Condition? = nil)
  {
    self.source = source
    self.name = name
    self.stack = stack
    self.point = point
    self.unless = unless
  }

  /// The path of the site that it names, `i` standing for the layer's number.
  public var path: String {
    let prefix = stack == .decoder ? "" : stack.rawValue + "."
    return "." + prefix + (name.contains("#") ? "layers[i]." : "") + point.rawValue
  }
}

extension Site {
  /// The site that another library calls `name`: `blocks.3.hook_resid_post`, `model.layers.3.mlp`, `layer.3.block_output`.
  ///
  /// Our own paths are taken too, with or without the first dot. Axes are ours: `[head, token, feature]` where others have
  /// positions before heads.
  ///
  /// - Throws: `ModelError.unknownSiteName`; `.otherSite` where the name is an activation of this model that is not at
  ///   any of its sites.
  public init(named name: String, in configuration: ModelConfiguration) throws {
    let own = name.hasPrefix(".") ? String(name.dropFirst()) : name
    if let site = configuration.sites.first(where: { $0.path == own }) {
      self = site
      return
    }
    let (pattern, layer) = Self.pattern(own)
    guard let alias = SiteAlias.all.first(where: { $0.name == pattern }) else {
      throw ModelError.unknownSiteName(name)
    }
    let site = Site(alias.stack, layer: layer, alias.point)
    guard configuration.has(site) else { throw ModelError.noSuchSite(site) }
    if let condition = alias.unless, let reason = configuration.reason(condition, at: site) {
      throw ModelError.otherSite(name, nearest: site, reason: reason)
    }
    self = site
  }

  /// A name with `#` for its layer, and the layer. `layers[3]` is read as `layers.3`; a last `output` says what a module's name
  /// says without it.
  private static func pattern(_ name: String) -> (String, layer: Int?) {
    let dotted = name.map { $0 == "[" ? "." : String($0) }.joined().filter { $0 != "]" }
    var steps = dotted.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !name.contains("#") else { return ("", nil) }
    let place = steps.firstIndex { !$0.isEmpty && $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }
    let layer = place.flatMap { Int(steps[$0]) }
    if let place, layer != nil { steps[place] = "#" }
    if steps.last == "output", steps.count > 1 { steps.removeLast() }
    return (steps.joined(separator: "."), layer)
  }
}

extension ModelConfiguration {
  /// Why an activation of this model is not what lies at `site`; nil where it is.
  fileprivate func reason(_ condition: SiteAlias.Condition, at site: Site) -> String? {
    switch condition {
    case .turned:
      guard site.stack == .decoder, let layer = site.layer else { return nil }
      let isTurned = decoder.pattern[layer].rotary != nil
      guard isTurned || decoder.block.queryKeyNorm else { return nil }
      return "what it names comes before " + (isTurned ? "the rotary embedding" : "a norm")
        + ", which our site is after"
    case .positioned:
      return decoder.learnedPositions ? "what it names comes before positions are added, which our site is after" : nil
    case .sandwiched:
      guard site.stack == .decoder, decoder.block.arrangement == .sandwich else { return nil }
      return "what it names comes before a norm, and our site is what that norm adds to the residual stream"
    case .gated:
      guard decoder.block.gated else { return nil }
      return "what it names is the activated gate, and our site is the gate times what goes up"
    case .capped:
      return decoder.logitSoftcap != nil ? "what it names comes before the logits are capped" : nil
    }
  }
}
