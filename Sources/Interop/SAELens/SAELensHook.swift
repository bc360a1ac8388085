import Models

/// TransformerLens's names of places where a dictionary can act: one row of numbers for each token.
enum SAELensHook {
  private static let points: [(name: String, point: Site.Point)] = [
    ("hook_resid_pre", .input), ("hook_resid_mid", .residual), ("hook_resid_post", .output),
    ("hook_attn_out", .attentionOutput), ("hook_mlp_out", .mlpOutput), ("mlp.hook_post", .mlpHidden),
  ]

  /// The site that a name most likely is, without a model at hand.
  static func site(_ name: String) -> Site? {
    let steps = name.split(separator: ".", maxSplits: 2).map(String.init)
    guard steps.count == 3, steps[0] == "blocks", let layer = Int(steps[1]), layer >= 0,
      let point = points.first(where: { $0.name == steps[2] })?.point
    else { return nil }
    return Site(.decoder, layer: layer, point)
  }

  /// What TransformerLens calls a site of a model; nil where it has no name, or means something else by it there.
  static func name(of site: Site, in configuration: ModelConfiguration) -> String? {
    guard site.stack == .decoder, let layer = site.layer,
      let point = points.first(where: { $0.point == site.point })?.name
    else { return nil }
    let name = "blocks.\(layer).\(point)"
    return try? Site(named: name, in: configuration) == site ? name : nil
  }
}
