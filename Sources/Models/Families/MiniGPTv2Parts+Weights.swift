import Checkpoints
import Tensors

extension MiniGPTv2Parts {
  /// The checkpoint, which may hold anything that was trained, the tower, and the language model.
  func weights() throws -> [WeightFile] {
    let trained = try checkpointFile()
    let seeing = try towerFile()
    var speaking = try WeightFile(language, prefix: "llama_model.")
    let unread = speaking.unread
    speaking.unread = { name in Self.buffers.contains(where: name.hasSuffix) ? .ignored : unread(name) }
    return [trained, seeing, speaking]
  }

  /// What older state dicts keep beside parameters and no pass reads: rotary tables, and scales of weights in 8 bits.
  private static let buffers = [".inv_freq", ".cos_cached", ".sin_cached", ".SCB", ".weight_format"]

  private func checkpointFile() throws -> WeightFile {
    let bytes = try source.bytes(of: checkpoint, expected: "the checkpoint that ckpt names")
    var file = try WeightFile(bytes, prefix: "", key: "model")
    try expectProjector(in: file)
    // Frozen and without a file of its own, the norm is as it was made, unless it was trained along.
    if let width = model.vision?.block.width, !file.names.contains(where: { $0.hasPrefix("ln_vision.") }) {
      for (name, value) in [("weight", Float(1)), ("bias", Float(0))] {
        file.supplied["ln_vision." + name] = Tensor(Shape([Axis("model", width)])) { $0.update(repeating: value) }
      }
    }
    file.unread = { name in Self.buffers.contains(where: name.hasSuffix) ? .ignored : .refused }
    try expectPairs(in: file)
    return file
  }

  /// The checkpoints of other models have no such map, or, as MiniGPT-4's, one of another width.
  private func expectProjector(in file: WeightFile) throws {
    let name = "llama_proj.weight"
    guard file.contains(name) else { throw ModelError.missingTensor(names: [name], file: file.name) }
    let (sizes, expected) = (try file.sizes(of: name), [model.projector?.output ?? 0, model.projector?.input ?? 0])
    guard sizes == expected else {
      throw ModelError.wrongShape(tensor: name, found: sizes, expected: expected, file: file.name)
    }
  }

  /// Every map that was trained has its pair: one that lacks it would be taken for untrained.
  private func expectPairs(in file: WeightFile) throws {
    guard let lowRank = model.lowRank else { return }
    let names = Set(file.names)
    for layer in 0..<model.decoder.layers {
      for target in lowRank.targets {
        let map = Llama.names.blocks.values.first { $0.hasSuffix(".\(target)") } ?? target
        let matrix = "llama_model.base_model.model.model.layers.\(layer).\(map).lora_A"
        guard !names.contains(where: { $0.contains(".layers.\(layer).") && $0.contains(".\(target).lora_A.") }) else {
          continue
        }
        throw ModelError.missingTensor(names: ["\(matrix).weight", "\(matrix).default.weight"], file: file.name)
      }
    }
  }

  private func towerFile() throws -> WeightFile {
    let bytes = try source.bytes(
      of: tower, expected: "the vision tower that vision_model names (published as eva_vit_g.pth)")
    var file = try WeightFile(bytes, prefix: "visual_encoder.", key: "model")
    guard let vision = model.vision else { return file }
    let layers = vision.layers
    let found = file.names.compactMap { name in Self.block(name).map { (layer: $0, name: name) } }
    if let last = found.max(by: { $0.layer < $1.layer }), !(layers...layers + 1).contains(last.layer + 1) {
      throw ModelError.towerDepth(
        tensor: last.name, found: last.layer + 1, expected: layers, file: file.name)
    }
    // The last block that was trained, a norm and a head may be published along. What would change the used blocks may not.
    file.unread = { name in
      (Self.block(name) ?? layers) < layers && Self.otherTowers.contains(where: name.contains) ? .refused : .ignored
    }
    if let positions = try positions(in: file, vision) { file.supplied["pos_embed"] = positions }
    return file
  }

  /// Layer scales and relative positions, which other EVA towers have.
  private static let otherTowers = [".gamma_1", ".gamma_2", ".relative_position_bias_table"]

  /// Which block a tensor of the tower belongs to.
  private static func block(_ name: String) -> Int? {
    let words = name.split(separator: ".", maxSplits: 2)
    guard words.count == 3, words[0] == "blocks", let layer = Int(words[1]), (0..<1 << 20).contains(layer) else {
      return nil
    }
    return layer
  }

  /// The positions brought to the grid of `image_size`, f32, as the released code does when it loads them; nil where they have that
  /// grid, or are no square grid's and an error will say so.
  private func positions(in file: WeightFile, _ vision: VisionConfiguration) throws -> Tensor? {
    let name = "visual_encoder.pos_embed"
    guard file.contains(name) else { return nil }
    let sizes = try file.sizes(of: name)
    guard sizes.count == 3, sizes[0] == 1, sizes[2] == vision.block.width, sizes[1] != vision.positions else {
      return nil
    }
    let side = Int(Double(max(sizes[1] - vision.classTokens, 0)).squareRoot())
    guard side > 0, side * side + vision.classTokens == sizes[1] else { return nil }
    let (stored, type) = try file.tensor(named: name)
    guard Weight.dtypes.contains(stored.dtype) else {
      throw ModelError.wrongType(tensor: "pos_embed", found: type, expected: "F32, F16 or BF16", file: file.name)
    }
    let grid = PatchCount(rows: vision.patchesPerSide, columns: vision.patchesPerSide)
    let table = try stored.to(.f32).reshape([Axis("position", sizes[1]), Axis("model", sizes[2])])
    return try PositionInterpolator(leading: vision.classTokens, side: side, to: grid, antialiased: false).apply(table)
      .reshape([Axis("one", 1), Axis("position", vision.positions), Axis("model", sizes[2])])
  }
}
