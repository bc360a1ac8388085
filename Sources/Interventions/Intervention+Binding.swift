import Models
import Tensors

extension Intervention {
  /// Gives every operator its parameters for one model: one set per site.
  ///
  /// Parameters are drawn from the key, the edit's place, the site's path and the parameter's name, so they do not
  /// depend on which other sites or interventions there are. Edits that have parameters already keep them.
  ///
  /// - Parameter weight: the model's weights, for parameters that start from one.
  /// - Throws: `InterventionError.noSite`, `.misfit`, `.needsTheEnd`, `.tokensAtSite`, `.tokensAtWeight`, `.mixedSites`; or
  ///   `.otherModel` when it carries parameters of a model with other weights and `force` is not set.
  public func bind(
    _ catalog: SiteCatalog, fingerprint: ModelFingerprint, key: RandomKey, force: Bool = false,
    weight: (Site) throws -> Tensor = { throw InterventionError.noWeights(site: $0.path) }
  ) throws -> Intervention {
    if let origin, !force, let difference = fingerprint.difference(from: origin) {
      throw InterventionError.otherModel(difference: difference)
    }
    var place = 0
    let bound = try node.mapEdits { edit in
      defer { place += 1 }
      return try edit.bind(catalog, key: key.fold("edit \(place)"), weight: weight)
    }
    return Intervention(bound, origin: fingerprint)
  }

  /// The same intervention with other parameter values, as training returns it.
  ///
  /// - Parameter change: gets the edit's place, the site and the parameter; returns its new value, of the same shape.
  public func mapParameters(
    _ change: (_ edit: Int, _ site: Site, _ parameter: NamedTensor) throws -> Tensor
  ) throws -> Intervention {
    var place = 0
    let changed = try node.mapEdits { edit in
      defer { place += 1 }
      let binding = try edit.binding?.map { own in
        Edit.SiteParameters(
          site: own.site,
          parameters: try own.parameters.map { parameter in
            let value = try change(place, own.site, parameter)
            guard value.shape == parameter.tensor.shape else {
              throw InterventionError.misfit(
                operation: edit.operation.source, site: own.site.path,
                reason: "parameter `\(parameter.name)` is \(parameter.tensor.shape), the new value is \(value.shape)")
            }
            return NamedTensor(parameter.name, value, isOrthonormal: parameter.isOrthonormal)
          })
      }
      return Edit(sites: edit.sites, tokens: edit.tokens, operation: edit.operation, binding: binding)
    }
    return Intervention(changed, origin: origin)
  }

  /// How many numbers its parameters are in a model of this configuration, without making them. What it carries already
  /// is not asked.
  public func parameterCount(in catalog: SiteCatalog) throws -> Int {
    try edits.reduce(0) { try $0 + $1.parameterCount(in: catalog) }
  }

  /// What a reader should know about edits that cannot do what they seem to: found without running the model.
  public func notices(in catalog: SiteCatalog) throws -> [Notice] {
    try edits.flatMap { edit in try edit.notices(in: catalog) }
  }
}

extension Edit {
  /// The sites it acts at in one model: all activations or all weights.
  ///
  /// - Throws: `InterventionError` for a selector that has no meaning at one of them.
  func matchedSites(in catalog: SiteCatalog) throws -> [Site] {
    if tokens.needsTheEnd { throw InterventionError.needsTheEnd(selector: tokens.description) }
    let matched = try sites.sites(in: catalog)
    if operation.readsInput {
      for site in matched where !site.point.isMap {
        guard site.stack == .decoder, !site.point.isWeight else {
          throw InterventionError.needsMap(operation: operation.source, site: site.path)
        }
        guard catalog[site]?.towerWidth != nil else {
          throw operation.misfit(site, "it looks at rows of a vision tower, and the model has none")
        }
      }
    }
    guard matched.contains(where: \.point.isWeight) else {
      // A selector that has no meaning at one of the sites is found now rather than in the middle of a run.
      let empty = TokenContext(tokens: [], promptCount: 0, images: [])
      for stack in Set(matched.map(\.stack)) { _ = try tokens.resolve(in: empty, stack: stack) }
      return matched
    }
    guard matched.allSatisfy(\.point.isWeight) else {
      throw InterventionError.mixedSites(pattern: sites.description)
    }
    guard tokens == .all else {
      throw InterventionError.tokensAtWeight(selector: tokens.description, pattern: sites.description)
    }
    return matched
  }

  /// How many numbers its parameters are in one model, without making them.
  public func parameterCount(in catalog: SiteCatalog) throws -> Int {
    try matchedSites(in: catalog).compactMap { catalog[$0] }.reduce(0) {
      try $0 + operation.parameterCount(at: $1.selecting(tokens.mostPositions))
    }
  }

  func bind(_ catalog: SiteCatalog, key: RandomKey, weight: (Site) throws -> Tensor) throws -> Edit {
    let matched = try matchedSites(in: catalog)
    let kept = Dictionary(uniqueKeysWithValues: (binding ?? []).map { ($0.site, $0.parameters) })
    let bound = try matched.map { site in
      guard let entry = catalog[site]?.selecting(tokens.mostPositions) else {
        throw InterventionError.noSite(pattern: site.path, reason: "the model does not have it", nearest: [])
      }
      let parameters =
        try kept[site]
        ?? operation.initialise(for: entry, key: key.fold(site.path)) {
          guard site.point.isWeight else { throw InterventionError.noWeights(site: site.path) }
          return try weight(site).to(.f32)
        }
      _ = try operation.prepare(for: entry, parameters: parameters)
      return SiteParameters(site: site, parameters: parameters)
    }
    return Edit(sites: sites, tokens: tokens, operation: operation, binding: bound)
  }

  func notices(in catalog: SiteCatalog) throws -> [Notice] {
    try sites.sites(in: catalog).compactMap { site in
      if catalog.unread.contains(site) {
        return Notice(.warning, "`\(site.path)` is read by nothing after it: `\(self)` changes no output there")
      }
      if catalog.isPastLastMixing(site), tokens.isImageOnly {
        return Notice(
          .warning,
          "an edit of image tokens at `\(site.path)` reaches no later token: `\(self)` changes no answer there; "
            + "edit the block's input, or the outputs of the blocks before it")
      }
      return nil
    }
  }
}

extension [NamedTensor] {
  var byName: [String: Tensor] { Dictionary(map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first }) }
}
