import Checkpoints
import Tensors

/// Takes weights out of a checkpoint and checks that each is there with the shape that the configuration asks for.
struct WeightReader: WeightSource {
  let file: Safetensors
  /// The vision tower's own folder, where it has one.
  var tower: Safetensors?

  func weight(_ site: Site, places: [WeightPlace], _ shape: Shape) throws -> Weight {
    let found = [file, tower].compactMap { $0 }.lazy.compactMap { file in
      places.first { file.contains($0.name) }.map { (file, $0) }
    }.first
    guard let (file, place) = found else {
      throw ModelError.missingTensor(names: places.map(\.name), file: file.name)
    }
    let entry = try file.entry(named: place.name)
    let expected = place.storedSizes(shape.sizes)
    guard entry.shape == expected else {
      throw ModelError.wrongShape(tensor: place.name, found: entry.shape, expected: expected, file: file.name)
    }
    let whole = try file.tensor(named: place.name)
    guard Weight.dtypes.contains(whole.dtype) else {
      throw ModelError.wrongType(tensor: place.name, found: entry.dtype, expected: "F32, F16 or BF16", file: file.name)
    }
    return Weight(place.isTurned ? whole.turned(place.part, shape) : whole.rows(place.part, shape), at: place)
  }

  /// The readable tensors that nothing has asked for.
  ///
  /// - Parameter names: those that have been read, and other names for them.
  /// - Throws: `ModelError.unmergedLoRA` where some of them were to be added to weights.
  func others(than names: Set<String>) throws -> [(name: String, tensor: Tensor)] {
    if let lora = file.entries.first(where: { !names.contains($0.name) && $0.name.contains(".lora_") }) {
      throw ModelError.unmergedLoRA(tensor: lora.name, file: file.name)
    }
    return file.entries.filter { !names.contains($0.name) }.compactMap { entry in
      (try? file.tensor(named: entry.name)).map { (entry.name, $0) }
    }
  }
}

extension Tensor {
  /// The rows of a stored map that are one weight: the bytes where they lie.
  func rows(_ part: WeightPlace.Part?, _ shape: Shape) -> Tensor {
    let rowBytes = dtype.byteCount(of: shape.sizes.dropFirst().reduce(1, *))
    return Tensor(
      shape: shape, dtype: dtype, storage: storage,
      byteOffset: byteOffset + (part?.outputs.lowerBound ?? 0) * rowBytes)
  }

  /// The columns of a map stored as `[input, output]` that are one weight, `[output, input]`: a copy, since the kernels read
  /// maps by their outputs.
  fileprivate func turned(_ part: WeightPlace.Part?, _ shape: Shape) -> Tensor {
    let (outputs, inputs) = (shape.sizes[0], shape.sizes[1])
    let (first, count) = (part?.outputs.lowerBound ?? 0, part?.count ?? outputs)
    let turned = Storage(byteCount: shape.count * dtype.byteCount)
    func copy<Element>(_: Element.Type) {
      let from = UnsafeRawPointer(storage.pointer + byteOffset)
      let to = turned.pointer.bindMemory(to: Element.self, capacity: shape.count)
      for output in 0..<outputs {
        for input in 0..<inputs {
          let offset = (input * count + first + output) * MemoryLayout<Element>.stride
          to[output * inputs + input] = from.loadUnaligned(fromByteOffset: offset, as: Element.self)
        }
      }
    }
    if dtype.byteCount == 4 { copy(UInt32.self) } else { copy(UInt16.self) }
    return Tensor(shape: shape, dtype: dtype, storage: turned)
  }
}
