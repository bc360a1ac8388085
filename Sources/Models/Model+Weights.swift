import Tensors

extension Model {
  /// A weight as it is stored, or as f32 where it is quantised, with the axes of `ModelConfiguration.weightAxes(of:)`. A map with a
  /// low-rank part is given as the map that both are, f32.
  ///
  /// Where the output layer is the embedding table, `logits.weight` is that table.
  ///
  /// - Throws: `ModelError.noSuchWeight`.
  public func weight(at site: Site) throws -> Tensor {
    let stored = try configuration.storedWeight(site)
    guard let found = weights.first(where: { $0.site == stored }) else {
      throw ModelError.noSuchWeight(site, reason: "")
    }
    return try lowRank(at: stored)?.merged(into: found.weight.values) ?? found.weight.values
  }

  /// A model with other values for some weights; it shares all others with this one, which stays as it is.
  ///
  /// The new values may be f32, f16 or bf16 whatever the checkpoint stores. Where the output layer is the embedding
  /// table, a new `embeddings.weight` or `logits.weight` is both.
  ///
  /// - Throws: `ModelError.noSuchWeight`, `.weightShape`.
  public func replacing(_ replacements: [Site: Tensor]) throws -> Model {
    var values: [Site: Tensor] = [:]
    for site in replacements.keys.sorted(by: { $0.path < $1.path }) {
      guard let tensor = replacements[site] else { continue }
      let stored = try configuration.storedWeight(site)
      guard values.updateValue(try shaped(tensor, for: stored), forKey: stored) == nil else {
        throw ModelError.noSuchWeight(site, reason: "it is \(stored.path) here; give one of them")
      }
    }
    let change = { (site: Site, weight: Weight) in values[site].map(weight.replaced) ?? weight }
    return Model(
      blueprint, decoder: decoder.mapWeights(change), visionTower: visionTower?.mapWeights(change),
      projector: projector?.mapWeights(change), others: others)
  }

  private func lowRank(at site: Site) -> LowRank? {
    guard site.stack == .decoder, let layer = site.layer else { return nil }
    return decoder.blocks[layer].maps.first { $0.point == site.point }?.map.lowRank
  }

  /// Every stored weight with its place, in the order of `ModelConfiguration.weightSites`.
  var weights: [(site: Site, weight: Weight)] {
    Self.weights(decoder, visionTower, projector)
  }

  static func weights(
    _ decoder: Decoder, _ visionTower: VisionTower?, _ projector: Projector?
  ) -> [(site: Site, weight: Weight)] {
    var found: [(site: Site, weight: Weight)] = []
    let collect = { (site: Site, weight: Weight) -> Weight in
      found.append((site, weight))
      return weight
    }
    // The copies that the walks return are of no use here.
    _ = visionTower?.mapWeights(collect)
    _ = projector?.mapWeights(collect)
    _ = decoder.mapWeights(collect)
    return found
  }

  /// A replacement with the weight's own axes: another order of the same names is put right, other names must only agree
  /// in size.
  private func shaped(_ tensor: Tensor, for site: Site) throws -> Tensor {
    let shape = Shape((configuration.weightAxes(of: site) ?? []).map { Axis($0.name, $0.size) })
    var tensor = tensor
    if tensor.shape.names != shape.names, Set(tensor.shape.names) == Set(shape.names) {
      tensor = try tensor.reorder(shape.names)
    }
    guard tensor.shape.sizes == shape.sizes, Weight.dtypes.contains(tensor.dtype) else {
      throw ModelError.weightShape(
        site, expected: shape.sizes, found: "\(tensor.dtype.rawValue) of the sizes \(tensor.shape.sizes)")
    }
    return Tensor(shape: shape, dtype: tensor.dtype, storage: tensor.storage, byteOffset: tensor.byteOffset)
  }
}
