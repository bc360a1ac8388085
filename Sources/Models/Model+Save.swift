import Checkpoints
import Tensors

extension Model {
  /// The small files that a model folder may hold beside its weights; those that are there are copied.
  private static let companions = [
    "added_tokens.json", "chat_template.jinja", "chat_template.json", "generation_config.json", "merges.txt",
    "preprocessor_config.json", "processor_config.json", "special_tokens_map.json", "tokenizer.json",
    "tokenizer.model", "tokenizer_config.json", "vocab.json",
  ]

  /// Writes the model as a folder in Hugging Face's form: the configuration, the tokenizer's and processor's files as
  /// they were read, and all weights in one `model.safetensors` under the names that the checkpoint had.
  ///
  /// A folder that is not there yet appears whole or not at all. In one that holds a model already each file is replaced
  /// in one step, the weights last.
  ///
  /// - Parameter dtype: how to store all weights: f32, f16 or bf16. Nil stores each as the checkpoint did, values put in
  ///   its place too, and quantised ones as f32.
  /// - Throws: `ModelError.outOfRange` for a value that `dtype` cannot hold, `.cannotSave` for a folder with other
  ///   files in it; `CheckpointError` for what cannot be read or written.
  public func save(to folder: String, dtype: DType? = nil) throws {
    guard dtype.map(Weight.dtypes.contains) ?? true else {
      throw ModelError.cannotSave(path: folder, reason: "weights are stored as f32, f16 or bf16")
    }
    guard blueprint.source.contains("tokenizer.json") || !blueprint.origin.hasSuffix(".gguf") else {
      throw ModelError.cannotSave(
        path: folder, reason: "it was read from a GGUF file, which has no tokenizer.json; save what steers it instead")
    }
    let stored = try storedTensors(dtype)
    let unread = others.map { other in
      let isFloat = Weight.dtypes.contains(other.tensor.dtype)
      return (name: other.name, tensor: isFloat ? other.tensor.to(dtype ?? other.tensor.dtype) : other.tensor)
    }
    let config = try configurationText(dtype ?? self.dtype.unpacked)
    try refuseOtherFiles(folder)
    try AtomicFolder.write(to: folder, last: "model.safetensors") { path in
      try AtomicFile.write(config, to: path("config.json"))
      for file in Self.companions where blueprint.source.contains(file) {
        try blueprint.source.bytes(of: file).withBytes { try AtomicFile.write($0, to: path(file)) }
      }
      try Safetensors.write(
        (stored + unread).map { ($0.name, $0.tensor.withoutAxisNames) }, metadata: ["format": "pt"],
        to: path("model.safetensors"))
    }
  }

  /// The weights as the checkpoint keeps them: parts of one tensor put together again, turned maps turned back.
  private func storedTensors(_ dtype: DType?) throws -> [(name: String, tensor: Tensor)] {
    var order: [String] = []
    var parts: [String: [(place: WeightPlace, tensor: Tensor)]] = [:]
    for (site, weight) in weights {
      let tensor = try weight.values.narrowed(to: dtype ?? weight.stored.unpacked, site)
      if parts[weight.name] == nil { order.append(weight.name) }
      parts[weight.name, default: []].append((weight.place, tensor))
    }
    let pairs = decoder.lowRanks.flatMap { [$0.down, $0.up] }.map {
      (name: $0.name, tensor: $0.tensor.to(dtype ?? $0.stored))
    }
    return try pairs
      + order.map { name in
        let own = (parts[name] ?? []).sorted {
          ($0.place.part?.outputs.lowerBound ?? 0) < ($1.place.part?.outputs.lowerBound ?? 0)
        }
        let whole = own.count == 1 ? own[0].tensor : try Tensor.concat(own.map(\.tensor), along: "output")
        let place = own[0].place
        let stored = place.isTurned ? try whole.reorder(["input", "output"]) : whole
        let ones = (0..<place.leadingOnes).map { Axis("one\($0)", 1) }
        return (name, ones.isEmpty ? stored : try stored.reshape(ones + stored.axes))
      }
  }

  /// `config.json` as it was read, saying the type that the weights now have.
  private func configurationText(_ dtype: DType) throws -> String {
    let source = blueprint.source
    let read = try JSON.parse(source.bytes(of: "config.json", expected: "the model's configuration"))
    return try read.saying(dtype, isRoot: true).text(pretty: true, file: source.path(of: "config.json")) + "\n"
  }

  private func refuseOtherFiles(_ folder: String) throws {
    guard let there = try? FileSource(folder: folder) else { return }
    if there.contains("model.safetensors.index.json") {
      throw ModelError.cannotSave(
        path: folder, reason: "a model in several files is there; choose another folder, or remove those files first")
    }
    if TorchStateDict.isIn(there) {
      throw ModelError.cannotSave(
        path: folder, reason: "a model in torch's form (pytorch_model.bin) is there; choose another folder")
    }
    let files = there.files
    guard files.isEmpty || files.contains("config.json") else {
      throw ModelError.cannotSave(
        path: folder, reason: "the folder holds other files, such as \(files[0]); choose a new folder")
    }
  }
}

extension Tensor {
  /// - Throws: `ModelError.outOfRange` when a finite value would become infinite.
  fileprivate func narrowed(to target: DType, _ site: Site) throws -> Tensor {
    let narrow = to(target)
    guard target != .f32, target != dtype else { return narrow }
    func hasInfinity(_ tensor: Tensor) -> Bool { tensor.to(.f32).withFloats { $0.contains { !$0.isFinite } } }
    guard !hasInfinity(narrow) || hasInfinity(self) else {
      throw ModelError.outOfRange(site, dtype: target.rawValue)
    }
    return narrow
  }

  /// The same bytes with axes that are only counted, as files of other programs have them.
  fileprivate var withoutAxisNames: Tensor {
    let shape = Shape(axes.enumerated().map { Axis("axis\($0)", $1.size) })
    return Tensor(shape: shape, dtype: dtype, storage: storage, byteOffset: byteOffset)
  }
}

extension JSON {
  /// A configuration that says how its weights are stored, at the top and in the parts that said so before.
  fileprivate func saying(_ dtype: DType, isRoot: Bool) -> JSON {
    guard case .object(var object) = self else { return self }
    let name = JSON.string(dtype == .f16 ? "float16" : dtype == .bf16 ? "bfloat16" : "float32")
    var said = false
    // `torch_dtype` before transformers 5.
    for key in ["dtype", "torch_dtype"] where object[key] != nil {
      object[key] = name
      said = true
    }
    if isRoot, !said { object["dtype"] = name }
    for part in ["text_config", "vision_config"] { object[part] = object[part]?.saying(dtype, isRoot: false) }
    return .object(object)
  }
}
