import Checkpoints

/// MiniGPT-v2 by the names of its state dict: EVA-ViT, a norm, four neighbouring patches joined to one row, one linear map
/// and Llama-2 chat.
///
/// `MiniGPTv2Parts` reads it as it is published, in parts. Here it is joined: a safetensors file with those names beside a
/// `config.json` of `model_type` `minigpt_v2` whose `text_config` is the language model's; `vision_config` may be left out. Low-rank
/// matrices are merged, or `lora_r` and `lora_alpha` say how they were trained.
enum MiniGPTv2 {
  /// The released code's (`CONV_VISION_minigptv2`): its `<s>` comes after the beginning that the tokenizer puts before a text.
  private static let template = Template(
    name: "minigpt_v2",
    "{{ beginning }}{% for m in messages %}{% if m.role == 'user' %}{{ '<s>[INST] ' }}{% for image in m.images %}"
      + "{{ '<Img>' }}{{ image }}{{ '</Img> ' }}{% endfor %}{{ m.text ~ ' [/INST]' }}"
      + "{% else %}{{ m.text }}{% endif %}{% endfor %}")

  static let family = CompositeFamily(
    modelTypes: ["minigpt_v2"],
    family: { config, _ in
      let (text, vision) = (config["text_config"], config["vision_config"])
      guard text.exists || !config["llama_model"].exists else {
        throw config["llama_model"].mustBe("read with the parts it names: give the folder instead of its config.json")
      }
      let all = config["vision_feature_layer"]
      let parts = try CompositeParts(
        text: text, type: text["model_type"].string(or: "llama"), typeField: text["model_type"], tied: false,
        vision: vision, visionType: "eva_clip_g",
        features: FeatureChoice(
          states: [-1], field: all, dropsFirstRow: true, joined: PatchJoin(rows: 1, columns: 4), norm: 1e-5))
      guard parts.vision.patchesPerSide % 4 == 0 else {
        throw vision["image_size"].mustBe("a size whose patches per row are a multiple of 4, which are joined")
      }
      let projector = parts.projector(depth: 1)
      let model = ModelConfiguration(
        family: "minigpt_v2", decoder: parts.decoder, vision: parts.vision, projector: projector, imageToken: -200,
        lowRank: try lowRank(config))
      var family = Family(
        modelTypes: ["minigpt_v2"], template: template, configuration: { _ in model },
        places: { site, model in
          if site.point == .featuresNormWeight || site.point == .featuresNormBias {
            return [WeightPlace("ln_vision." + site.point.module.parameter)]
          }
          return parts.decoderPlaces(site, model) { decoderNames($0, site) }
            + parts.towerPlaces(site, ["visual_encoder."]) + projector.places(site, sequential: "llama_proj")
        })
      family.imageProcessor = .blip2(side: parts.vision.imageSize)
      family.ignoresChatTemplate = true
      return family
    })

  /// What peft makes of a language model's name: since 0.6 it calls the weight that a pair stands beside a base layer's.
  private static func decoderNames(_ name: String, _ site: Site) -> [String] {
    let names = ["llama_model.", "llama_model.base_model.model."].map { $0 + name }
    guard site.point.isMap, site.layer != nil, name.hasSuffix(".weight") else { return names }
    return names + [names[1].dropLast("weight".count) + "base_layer.weight"]
  }

  private static func lowRank(_ config: Field) throws -> LowRankConfiguration? {
    let field = config["lora_r"]
    let rank = try field.integer(in: 0...1 << 16, or: 0)
    let targets = config["lora_target_modules"]
    guard rank > 0 else { return nil }
    return LowRankConfiguration(
      rank: rank, alpha: try config["lora_alpha"].positive(or: 16),
      targets: try targets.strings(or: ["q_proj", "v_proj"]))
  }
}
