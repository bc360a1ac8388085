import Checkpoints
import Tensors

/// Takes tensors out of a checkpoint and checks that each is there with the shape that the configuration asks for.
struct WeightReader: WeightSource {
  let file: Safetensors

  func weight(_ site: Site, names: [String], _ shape: Shape) throws -> Weight {
    guard let found = names.first(where: file.contains) else {
      throw ModelError.missingTensor(names: names, file: file.name)
    }
    let entry = try file.entry(named: found)
    guard entry.shape == shape.sizes else {
      throw ModelError.wrongShape(tensor: found, found: entry.shape, expected: shape.sizes, file: file.name)
    }
    let tensor = try file.tensor(named: found, axes: shape.names)
    guard Weight.dtypes.contains(tensor.dtype) else {
      throw ModelError.wrongType(tensor: found, found: entry.dtype, expected: "F32, F16 or BF16", file: file.name)
    }
    return Weight(tensor, name: found)
  }

  /// The readable tensors that nothing has asked for.
  /// - Parameter names: those that have been read, and other names for them.
  func others(than names: Set<String>) -> [(name: String, tensor: Tensor)] {
    file.entries.filter { !names.contains($0.name) }.compactMap { entry in
      (try? file.tensor(named: entry.name)).map { (entry.name, $0) }
    }
  }
}
