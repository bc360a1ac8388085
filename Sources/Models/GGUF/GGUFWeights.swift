import Checkpoints
import Tensors

/// Takes weights out of GGUF files where they lie, and undoes what their converter did.
struct GGUFWeights: WeightSource {
  let model: GGUFModel
  let configuration: ModelConfiguration

  func weight(_ site: Site, names: [String], _ shape: Shape) throws -> Weight {
    let file = site.stack == .decoder ? model.language : (model.tower?.file ?? model.language)
    let candidates = site.stack == .decoder ? model.architecture.names(site) : model.tower?.names(site) ?? []
    guard let name = candidates.first(where: file.contains) else {
      throw ModelError.missingTensor(names: candidates, file: file.name)
    }
    let entry = try file.entry(named: name)
    guard entry.shape == shape.sizes else {
      throw ModelError.wrongShape(tensor: name, found: entry.shape, expected: shape.sizes, file: file.name)
    }
    var tensor = try file.tensor(named: name, axes: shape.names)
    if case .blocks = tensor.dtype, !site.point.isMap, site.point != .embeddingsWeight, site.point != .logitsWeight {
      tensor = tensor.unpacked
    }
    guard tensor.dtype.stored != nil else {
      throw ModelError.wrongType(
        tensor: name, found: entry.type, expected: "f32, f16, bf16 or in blocks", file: file.name)
    }
    // In a folder it would be called this.
    let own = names.first ?? name
    guard model.architecture.hasPairedRows, site.stack == .decoder else { return Weight(tensor, name: own) }
    let pairs = PairedRows(headSize: configuration.decoder.block.headSize)
    switch site.point {
    case .queryWeight, .keyWeight: return Weight(tensor, name: own, pairs: pairs)
    case .queryBias, .keyBias: return Weight(pairs.ordered(tensor.to(.f32)), name: own, stored: tensor.dtype)
    default: return Weight(tensor, name: own)
    }
  }
}
