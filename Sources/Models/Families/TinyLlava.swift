import Checkpoints

/// `TinyLlavaForConditionalGeneration`: what the TinyLLaVA factory writes, and forks of it such as LLaVA Steering's.
///
/// An image stands for −200 in its token ids, which no vocabulary has. Features are all rows but the first (`patch`), also
/// where the tower has no class token and a patch is left out, or all (`cls_patch`).
enum TinyLlava {
  static let family = CompositeFamily(
    modelTypes: ["tinyllava"],
    family: { config, source in
      let parts = try parts(config)
      let type = config["connector_type"]
      let projector = parts.projector(depth: try ProjectorConfiguration.depth(type))
      let model = ModelConfiguration(
        family: "tinyllava", decoder: parts.decoder, vision: parts.vision, projector: projector, imageToken: -200)
      var family = Family(
        modelTypes: ["tinyllava"], template: parts.decoderFamily.modelTypes == ["phi"] ? .phi : .vicuna,
        configuration: { _ in model },
        places: { site, model in
          parts.decoderPlaces(site, model) { ["language_model." + $0] }
            + parts.towerPlaces(site, ["vision_tower._vision_tower."])
            + projector.places(site, sequential: "connector._connector")
        }, unreadNorms: { _ in parts.unreadNorms("vision_tower._vision_tower.vision_model.") })
      family.partFolders = try source.map(partFolders) ?? []
      return family
    })

  /// What the factory writes behind its first stage, in which the connector is trained: a folder for each part
  /// (`tinyllava/training_recipe/base.py`).
  private static func partFolders(_ source: FileSource) throws -> [(folder: FileSource, prefix: String)] {
    guard !WeightFile.isIn(source), source.contains("language_model/pytorch_model.bin") else { return [] }
    return try [
      ("language_model", "language_model."), ("vision_tower", "vision_tower._vision_tower."),
      ("connector", "connector."),
    ].map { (folder: try source.folder($0, expected: "a folder with one part of the model"), prefix: $1) }
  }

  private static func parts(_ config: Field) throws -> CompositeParts {
    let (text, chosen) = (config["text_config"], config["vision_feature_layer"])
    let strategy = config["vision_feature_select_strategy"]
    let kept = try strategy.string(or: "patch")
    guard ["patch", "cls_patch"].contains(kept) else { throw strategy.mustBe("patch or cls_patch") }
    return try CompositeParts(
      text: text, type: text["model_type"].string(or: "llama"), typeField: text["model_type"], tied: false,
      vision: config["vision_config"],
      features: FeatureChoice(
        states: [chosen.integer(or: -2)], field: chosen, dropsFirstRow: kept == "patch"))
  }
}
