import Checkpoints
import Tensors

/// Takes weights out of a checkpoint and checks that each is there with the shape that the configuration asks for.
struct WeightReader: WeightSource {
  /// A tensor is taken from the first that has it.
  let files: [WeightFile]

  func weight(_ site: Site, places: [WeightPlace], _ shape: Shape) throws -> Weight {
    guard let (file, place) = find(places) else { throw missing(places.map(\.name)) }
    return try weight(in: file, place, shape)
  }

  private func find(_ places: [WeightPlace]) -> (file: WeightFile, place: WeightPlace)? {
    for file in files {
      if let place = places.first(where: { file.contains($0.name) }) { return (file, place) }
    }
    return nil
  }

  /// The error names the file that should have had the tensor, and what it is called there.
  ///
  /// - Parameter file: where it must be; nil for the file that the names belong to.
  private func missing(_ names: [String], in file: WeightFile? = nil) -> ModelError {
    let owner = files.first { file in !file.prefix.isEmpty && names.contains { file.ownName($0) != nil } }
    let file = file ?? owner ?? files[0]
    return .missingTensor(names: names.compactMap(file.ownName), file: file.name)
  }

  private func weight(in file: WeightFile, _ place: WeightPlace, _ shape: Shape) throws -> Weight {
    let own = file.ownName(place.name) ?? place.name
    let (sizes, expected) = (try file.sizes(of: place.name), place.storedSizes(shape.sizes))
    guard sizes == expected else {
      throw ModelError.wrongShape(tensor: own, found: sizes, expected: expected, file: file.name)
    }
    let (whole, type) = try file.tensor(named: place.name)
    guard Weight.dtypes.contains(whole.dtype) else {
      throw ModelError.wrongType(tensor: own, found: type, expected: "F32, F16 or BF16", file: file.name)
    }
    return Weight(place.isTurned ? whole.turned(place.part, shape) : whole.rows(place.part, shape), at: place)
  }

  /// Both matrices or neither; of another rank than the configuration's they are an error.
  func lowRank(
    _ configuration: LowRankConfiguration, places: [WeightPlace], input: Int, output: Int
  ) throws -> LowRank? {
    let (downs, ups) = (LowRank.names("A", beside: places), LowRank.names("B", beside: places))
    let (down, up) = (find(downs), find(ups))
    guard down != nil || up != nil else { return nil }
    guard let down else { throw missing(downs.map(\.name), in: up?.file) }
    guard let up else { throw missing(ups.map(\.name), in: down.file) }
    for (found, axis) in [(down, 0), (up, 1)] {
      let sizes = try found.file.sizes(of: found.place.name)
      guard sizes.count == 2, sizes[axis] != configuration.rank else { continue }
      throw ModelError.lowRank(
        tensor: found.file.ownName(found.place.name) ?? found.place.name, found: sizes[axis],
        expected: configuration.rank, file: found.file.name)
    }
    let (rank, input, output) = (Axis("rank", configuration.rank), Axis("input", input), Axis("output", output))
    return LowRank(
      down: try weight(in: down.file, down.place, Shape([rank, input])),
      up: try weight(in: up.file, up.place, Shape([output, rank])), scale: configuration.scale)
  }

  /// The readable tensors that nothing has asked for and that are to be kept.
  ///
  /// - Parameter names: those that have been read, and other names for them.
  /// - Throws: `ModelError.unmergedLoRA` where some of them were to be added to weights, `.unreadTensor` where they show that a
  ///   file belongs to another model.
  func others(than names: Set<String>) throws -> [(name: String, tensor: Tensor)] {
    try files.flatMap { file in
      try file.names.compactMap { own -> (name: String, tensor: Tensor)? in
        let name = file.prefix + own
        guard !names.contains(name) else { return nil }
        switch file.unread(own) {
        case .ignored: return nil
        case .refused: throw ModelError.unreadTensor(tensor: own, file: file.name)
        case .kept: break
        }
        guard !own.contains(".lora_") else { throw ModelError.unmergedLoRA(tensor: own, file: file.name) }
        return (try? file.tensor(named: name)).map { (name, $0.tensor) }
      }
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
