import Checkpoints
import Tensors

/// Takes weights out of GGUF files where they lie, and undoes what their converter did.
struct GGUFWeights: WeightSource {
  let model: GGUFModel
  let configuration: ModelConfiguration

  func lowRank(_: LowRankConfiguration, places: [WeightPlace], input: Int, output: Int) throws -> LowRank? { nil }

  func weight(_ site: Site, places: [WeightPlace], _ shape: Shape) throws -> Weight {
    let isText = site.stack == .decoder
    let file = isText ? model.language : (model.tower?.file ?? model.language)
    let candidates =
      isText
      ? model.architecture.places(site, configuration.decoder)
      : (model.tower?.names(site) ?? []).map { WeightPlace($0) }
    guard let place = candidates.first(where: { file.contains($0.name) }) else {
      throw ModelError.missingTensor(names: candidates.map(\.name), file: file.name)
    }
    let entry = try file.entry(named: place.name)
    let expected = place.storedSizes(shape.sizes)
    guard entry.shape == expected else {
      throw ModelError.wrongShape(tensor: place.name, found: entry.shape, expected: expected, file: file.name)
    }
    var tensor = try file.tensor(named: place.name).rows(place.part, shape)
    if case .blocks = tensor.dtype, !site.point.isMap, site.point != .embeddingsWeight, site.point != .logitsWeight {
      tensor = tensor.unpacked
    }
    guard tensor.dtype.stored != nil else {
      throw ModelError.wrongType(
        tensor: place.name, found: entry.type, expected: "f32, f16, bf16 or in blocks", file: file.name)
    }
    return undone(tensor, site, isText, at: places.first ?? place)
  }

  /// - Parameter place: where a folder of the same model would keep it.
  private func undone(_ tensor: Tensor, _ site: Site, _ isText: Bool, at place: WeightPlace) -> Weight {
    let (architecture, block) = (model.architecture, configuration.decoder.block)
    if isText, architecture.addsOneToNorms, site.point.module.name.hasSuffix("norm") {
      let plain = tensor.to(.f32)
      return Weight(
        Tensor(plain.shape) { out in plain.withFloats { for i in out.indices { out[i] = $0[i] - 1 } } }, at: place,
        stored: tensor.dtype)
    }
    guard isText, architecture.hasPairedRows else { return Weight(tensor, at: place) }
    let pairs = PairedRows(headSize: block.headSize)
    switch site.point {
    case .queryWeight, .keyWeight: return Weight(tensor, at: place, pairs: pairs)
    case .queryBias, .keyBias: return Weight(pairs.ordered(tensor.to(.f32)), at: place, stored: tensor.dtype)
    default: return Weight(tensor, at: place)
    }
  }
}
