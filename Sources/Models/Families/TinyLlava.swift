import Checkpoints

/// `TinyLlavaForConditionalGeneration`: what the TinyLLaVA factory writes, and forks of it such as LLaVA Steering's.
///
/// An image stands for −200 in its token ids, which no vocabulary has. Features are all rows but the first (`patch`), also
/// where the tower has no class token and a patch is left out, or all (`cls_patch`).
enum TinyLlava {
  static let family = CompositeFamily(
    modelTypes: ["tinyllava"],
    family: { config, _ in
      let parts = try parts(config)
      let type = config["connector_type"]
      let projector = parts.projector(depth: try ProjectorConfiguration.depth(type))
      let model = ModelConfiguration(
        family: "tinyllava", decoder: parts.decoder, vision: parts.vision, projector: projector, imageToken: -200)
      return Family(
        modelTypes: ["tinyllava"], template: parts.decoderFamily.modelTypes == ["phi"] ? .phi : .vicuna,
        configuration: { _ in model },
        places: { site, model in
          parts.decoderPlaces(site, model) { ["language_model." + $0] }
            + parts.towerPlaces(site, ["vision_tower._vision_tower."])
            + projector.places(site, sequential: "connector._connector")
        }, unreadNorms: { _ in parts.unreadNorms("vision_tower._vision_tower.vision_model.") })
    })

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
