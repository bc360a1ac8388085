import Checkpoints

/// LLaVA's own layout (liuhaotian/llava-v1.5-7b): the language model's configuration with `mm_…` fields, the projector
/// among the language model's tensors, and a vision tower that the configuration only names.
///
/// Beside a language model as it was, `mm_projector.bin` holds the projector that was trained for it.
/// The tower's configuration and weights are read from a folder `vision_tower` inside the model's, which may be a link.
/// Without one, the model's own files must hold the tower's weights, and its configuration must be one of those known here.
enum OriginalLlava {
  static let family = CompositeFamily(
    modelTypes: decoders.keys.sorted(), isMeant: isLaidOutSo, family: { try family($0, $1) })

  /// The decoder's family by the model's type.
  private static let decoders = [
    "llava": "llama", "llava_llama": "llama", "llava_mistral": "mistral", "llava_qwen": "qwen2", "llava_phi": "phi",
  ]

  static func isLaidOutSo(_ config: Field) -> Bool {
    !config["text_config"].exists
      && ["mm_vision_tower", "mm_hidden_size", "mm_projector_type"].contains {
        config[$0].exists
      }
  }

  private static func family(_ config: Field, _ source: FileSource?) throws -> Family {
    let folder = try towerFolder(source)
    let parts = try parts(config, tower: folder)
    let projector = parts.projector(
      depth: try ProjectorConfiguration.depth(config["mm_projector_type"]), endsLines: try endsLines(config, parts))
    try refuseFrames(config)
    let model = ModelConfiguration(
      family: "llava", decoder: parts.decoder, vision: parts.vision, projector: projector, imageToken: -200)
    var family = Family(
      modelTypes: decoders.keys.sorted(), template: .vicuna, configuration: { _ in model },
      places: { site, model in
        if site.point == .endOfLineWeight { return [WeightPlace("model.image_newline")] }
        return parts.decoderPlaces(site, model) { [$0] }
          + parts.towerPlaces(site, ["model.vision_tower.vision_tower.", ""])
          + projector.places(site, sequential: "model.mm_projector")
      }, unreadNorms: { _ in parts.unreadNorms("model.vision_tower.vision_tower.vision_model.") })
    family.towerFolder = folder
    let beside = "mm_projector.bin"
    family.projectorFile = try source.flatMap { $0.contains(beside) ? try $0.bytes(of: beside) : nil }
    return family
  }

  private static func parts(_ config: Field, tower: FileSource?) throws -> CompositeParts {
    let (type, chosen) = (config["model_type"], config["mm_vision_select_layer"])
    let kind = config["mm_vision_select_feature"]
    let kept = try kind.string(or: "patch")
    guard ["patch", "cls_patch"].contains(kept) else { throw kind.mustBe("patch or cls_patch") }
    return try CompositeParts(
      text: config, type: decoders[try type.string()] ?? "llama", typeField: type, tied: false,
      vision: vision(config, tower),
      features: FeatureChoice(states: [chosen.integer(or: -2)], field: chosen, dropsFirstRow: kept == "patch"))
  }

  /// Lines of anyres end as transformers' LLaVA-NeXT has them; other arrangements of tiles are refused.
  private static func endsLines(_ config: Field, _ parts: CompositeParts) throws -> Bool {
    let type = config["mm_patch_merge_type"]
    let isTiled = try config["image_aspect_ratio"].string(or: "square") == "anyres"
    switch try type.string(or: "flat") {
    case "flat" where !isTiled: return false
    case "spatial_unpad" where isTiled && parts.vision.droppedRows == parts.vision.leadingRows: return true
    default: throw type.mustBe("flat, or spatial_unpad with image_aspect_ratio anyres")
    }
  }

  private static func refuseFrames(_ config: Field) throws {
    for name in ["mm_use_im_start_end", "mm_use_im_patch_token"] where try config[name].bool(or: false) {
      guard name == "mm_use_im_patch_token" else {
        throw config[name].mustBe("false; tokens around images are not supported")
      }
    }
  }

  private static func towerFolder(_ source: FileSource?) throws -> FileSource? {
    guard let source, !source.isEmbedded, source.contains("vision_tower/config.json") else { return nil }
    return try FileSource(folder: source.path(of: "vision_tower"), expected: "the folder of the vision tower")
  }

  /// The tower's configuration: its folder's, or a known one's.
  private static func vision(_ config: Field, _ folder: FileSource?) throws -> Field {
    if let folder {
      let own = try Field(folder.bytes(of: "config.json", expected: "the vision tower's configuration"))
      return own["vision_config"].exists ? own["vision_config"] : own
    }
    let named = config["mm_vision_tower"]
    let name = try named.string()
    guard let text = known[name] else {
      throw named.mustBe(
        "one of \(known.keys.sorted().joined(separator: ", ")), or the tower must be in a folder vision_tower inside the "
          + "model's, with its config.json and weights (a link will do)")
    }
    let file = "\(config.file): \(name)"
    return Field(try JSON.parse(text, file: file), file: file)
  }

  private static let known = [
    "openai/clip-vit-large-patch14": clip(224), "openai/clip-vit-large-patch14-336": clip(336),
    "google/siglip-so400m-patch14-384":
      #"{"model_type": "siglip_vision_model", "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "#
      + #""num_attention_heads": 16, "image_size": 384, "patch_size": 14}"#,
  ]

  private static func clip(_ size: Int) -> String {
    #"{"model_type": "clip_vision_model", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "#
      + #""num_attention_heads": 16, "patch_size": 14, "image_size": \#(size)}"#
  }
}
