import Checkpoints

/// MiniGPT-v2 as its authors publish it: Llama-2 chat as Hugging Face has it, EVA-ViT's weights, and a checkpoint of what was
/// trained. Fields have the names of the released configurations where those have one (Vision-CAIR/MiniGPT-4,
/// `minigpt4/configs/models/minigpt_v2.yaml`), and absent ones their values.
struct MiniGPTv2Parts: Sendable {
  /// The language model's small files and a configuration of the whole.
  let files: FileSource
  let source: FileSource
  let language: FileSource
  let model: ModelConfiguration
  let tower: String
  let checkpoint: String

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
    // Positions are made for every patch.
    guard let vision = model.vision, vision.patchesPerSide <= Self.mostPatches else {
      let field = config["image_size"].exists ? config["image_size"] : config["vision_config"]["image_size"]
      throw field.mustBe("at most \(Self.mostPatches) patches")
    }
  }

  /// Patches of a picture's side: 3,584 pixels of the published tower's.
  private static let mostPatches = 256

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
}
