import Checkpoints
import Tensors

/// MiniGPT-v2 as its authors publish it: Llama-2 chat as Hugging Face has it, EVA-ViT's weights, and a checkpoint of what was
/// trained. Fields have the names of the released configurations where those have one (Vision-CAIR/MiniGPT-4,
/// `minigpt4/configs/models/minigpt_v2.yaml`), and absent ones their values.
struct MiniGPTv2Parts: Sendable {
  /// The language model's small files and a configuration of the whole.
  let files: FileSource
  private let source: FileSource
  private let language: FileSource
  private let model: ModelConfiguration
  private let tower: String
  private let checkpoint: String

  /// Nil where `config` describes another model, or this one joined to one folder.
  init?(_ config: Field, _ source: FileSource) throws {
    let fields = ["llama_model", "vision_model", "ckpt"]
    guard case .object? = config.value, (try? config["model_type"].string()) == "minigpt_v2",
      fields.contains(where: { config[$0].exists }), !config["text_config"].exists
    else { return nil }
    self.source = source
    tower = try config["vision_model"].string(or: "eva_vit_g.pth")
    checkpoint = try config["ckpt"].string()
    language = try source.folder(
      config["llama_model"].string(),
      expected: "the folder of the language model that llama_model names (a link will do)")
    let text = try Field(language.bytes(of: "config.json", expected: "the language model's configuration"))
    // What is wrong with it is said of its own file.
    _ = try Family.decoder(text["model_type"].string(), field: text["model_type"]).configuration(text)
    let joined = JSON.object(try Self.joined(config, text: text.object()))
    let name = source.path(of: "config.json")
    files = try Self.smallFiles(source, language, config: FileBytes(Array(joined.text(file: name).utf8), name: name))
    let whole = Field(joined, file: name)
    model = try Family.of(whole).configuration(whole)
  }

  /// The configuration of the same model in one folder.
  private static func joined(_ config: Field, text: JSON.Object) throws -> JSON.Object {
    var vision = try config["vision_config"].object(or: [:])
    vision["model_type"] = vision["model_type"] ?? .string("eva_clip_g")
    if config["image_size"].exists { vision["image_size"] = config["image_size"].value }
    return [
      "model_type": .string("minigpt_v2"), "text_config": .object(text), "vision_config": .object(vision),
      "lora_r": config["lora_r"].value ?? .integer(64), "lora_alpha": config["lora_alpha"].value ?? .integer(16),
      "lora_target_modules": config["lora_target_modules"].value ?? .array([.string("q_proj"), .string("v_proj")]),
    ]
  }

  private static func smallFiles(_ source: FileSource, _ language: FileSource, config: FileBytes) throws -> FileSource {
    var files = ["config.json": config]
    for (from, names) in [
      (
        language,
        [
          "added_tokens.json", "generation_config.json", "merges.txt", "special_tokens_map.json", "tokenizer.json",
          "tokenizer.model", "tokenizer_config.json", "vocab.json",
        ]
      ), (source, ["generation_config.json", "preprocessor_config.json", "processor_config.json"]),
    ] {
      for name in names where from.contains(name) { files[name] = try from.bytes(of: name) }
    }
    let name = "tokenizer_config.json"
    if files["tokenizer.json"] == nil { files[name] = try oldSpaces(files[name], name: language.path(of: name)) }
    return FileSource(name: language.name, files: files)
  }

  /// The transformers that the released code pins (4.30) puts a space behind each special token, whatever Llama-2's
  /// `tokenizer_config.json` says to later ones; so does its `tokenizer.json`.
  private static func oldSpaces(_ config: FileBytes?, name: String) throws -> FileBytes {
    var config = try config.map { try Field($0).object() } ?? [:]
    config["legacy"] = .bool(true)
    return FileBytes(Array(try JSON.object(config).text(file: name).utf8), name: name)
  }

  /// The checkpoint, which may hold anything that was trained, the tower, and the language model.
  func weights() throws -> [WeightFile] {
    let trained = try checkpointFile()
    let seeing = try towerFile()
    var speaking = WeightFile(try Safetensors(language), prefix: "llama_model.")
    // Tables that older checkpoints keep and that no pass reads.
    speaking.unread = { $0.hasSuffix(".inv_freq") ? .ignored : .kept }
    return [trained, seeing, speaking]
  }

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
    // Buffers are saved with what was trained.
    file.unread = { $0.hasSuffix(".inv_freq") ? .ignored : .refused }
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
        let ending = "layers.\(layer).self_attn.\(target).lora_A"
        let module = "llama_model.base_model.model.model.\(ending)"
        guard !names.contains(where: { $0.contains(".layers.\(layer).") && $0.contains(".\(target).lora_A.") }) else {
          continue
        }
        throw ModelError.missingTensor(names: ["\(module).weight", "\(module).default.weight"], file: file.name)
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
    // The last block that was trained, a norm and a head are published along.
    file.unread = { name in (Self.block(name) ?? layers) < layers ? .refused : .ignored }
    if let positions = try positions(in: file, vision) { file.supplied["pos_embed"] = positions }
    return file
  }

  /// Which block a tensor of the tower belongs to.
  private static func block(_ name: String) -> Int? {
    let words = name.split(separator: ".", maxSplits: 2)
    return words.count == 3 && words[0] == "blocks" ? Int(words[1]) : nil
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
