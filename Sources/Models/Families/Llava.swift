import Checkpoints

/// `LlavaForConditionalGeneration` and `LlavaNextForConditionalGeneration` of transformers: any vision tower, a projector
/// of two maps and any decoder.
enum Llava {
  static let family = CompositeFamily(
    modelTypes: ["llava"], isMeant: { !OriginalLlava.isLaidOutSo($0) },
    family: { config, _ in try family(config, name: "llava", endsLines: false) })

  /// Images in tiles (anyres): the whole picture, then the cells that a larger one is cut into, line by line.
  static let next = CompositeFamily(
    modelTypes: ["llava_next"], family: { config, _ in try family(config, name: "llava_next", endsLines: true) })

  private static func family(_ config: Field, name: String, endsLines: Bool) throws -> Family {
    let parts = try parts(config)
    if endsLines, parts.vision.droppedRows != parts.vision.leadingRows {
      throw config["vision_feature_select_strategy"].mustBe(
        "what leaves patches alone (\"default\" for a tower with a class token, \"full\" for one without)")
    }
    let projector = parts.projector(
      activation: try config["projector_hidden_act"].activation(or: "gelu"),
      bias: try config["multimodal_projector_bias"].bool(or: true), endsLines: endsLines)
    let image = config[config["image_token_id"].exists ? "image_token_id" : "image_token_index"]
    let token = try image.integer(in: 0..<parts.decoder.vocabulary, or: 32000)
    let model = ModelConfiguration(
      family: name, decoder: parts.decoder, vision: parts.vision, projector: projector, imageToken: token)
    return Family(
      modelTypes: [name], template: .vicuna, configuration: { _ in model }, places: { places($0, $1, parts) },
      unreadNorms: { _ in parts.unreadNorms("vision_tower.vision_model.") })
  }

  private static func parts(_ config: Field) throws -> CompositeParts {
    let (text, chosen) = (config["text_config"], config["vision_feature_layer"])
    let strategy = config["vision_feature_select_strategy"]
    let kept = try strategy.string(or: "default")
    guard ["default", "full"].contains(kept) else { throw strategy.mustBe("default or full") }
    // Older files tie at the top, newer ones in the part that it concerns. The output layer is LLaVA's own, without bias.
    return try CompositeParts(
      text: text, type: text["model_type"].string(or: "llama"), typeField: text["model_type"],
      tied: config["tie_word_embeddings"].bool(or: false), outputBias: false, vision: config["vision_config"],
      features: FeatureChoice(
        states: chosen.integerList(or: [-2]), field: chosen, dropsFirstRow: kept == "default"))
  }

  /// The parts' names are their families' under prefixes, which have moved over the years.
  private static func places(_ site: Site, _ model: ModelConfiguration, _ parts: CompositeParts) -> [WeightPlace] {
    switch site.stack {
    case .decoder:
      return parts.decoderPlaces(site, model) { name in
        let inner = name.hasPrefix("model.") ? "model.language_model." + name.dropFirst("model.".count) : name
        return ["language_model." + name, inner]
      }
    case .projector:
      let module = site.point.module
      if site.point == .endOfLineWeight { return ["image_newline", "model.image_newline"].map { WeightPlace($0) } }
      guard let name = ["hidden": "linear_1", "output": "linear_2"][module.name] else { return [] }
      return ["", "model."].map { WeightPlace("\($0)multi_modal_projector.\(name).\(module.parameter)") }
    case .vision: return parts.towerPlaces(site, ["vision_tower.", "model.vision_tower."])
    }
  }
}
