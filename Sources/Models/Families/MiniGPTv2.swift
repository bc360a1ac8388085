import Checkpoints

/// MiniGPT-v2 by the names of its state dict: EVA-ViT, a norm, four neighbouring patches joined to one row, one linear map
/// and Llama-2 chat.
///
/// It is published without a `config.json` and in torch's format. What is read here is a safetensors file with those
/// names, low-rank matrices merged, beside a `config.json` of `model_type` `minigpt_v2` whose `text_config` is the
/// language model's; `vision_config` may be left out.
enum MiniGPTv2 {
  /// The released code's: its `<s>` comes after the beginning that the tokenizer puts before a text.
  private static let template = Template(
    name: "minigpt_v2",
    "{{ beginning }}{% for m in messages %}{% if m.role == 'user' %}{{ '<s>[INST] ' }}{% for image in m.images %}"
      + "{{ '<Img>' }}{{ image }}{{ '</Img> ' }}{% endfor %}{{ m.text ~ ' [/INST]' }}"
      + "{% else %}{{ m.text }}{% endif %}{% endfor %}")

  static let family = CompositeFamily(
    modelTypes: ["minigpt_v2"],
    family: { config, _ in
      let (text, vision) = (config["text_config"], config["vision_config"])
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
        family: "minigpt_v2", decoder: parts.decoder, vision: parts.vision, projector: projector, imageToken: -200)
      var family = Family(
        modelTypes: ["minigpt_v2"], template: template, configuration: { _ in model },
        places: { site, model in
          if site.point == .featuresNormWeight || site.point == .featuresNormBias {
            return [WeightPlace("ln_vision." + site.point.module.parameter)]
          }
          return parts.decoderPlaces(site, model) { name in
            ["llama_model.", "llama_model.base_model.model."].map { $0 + name }
          } + parts.towerPlaces(site, ["visual_encoder."]) + projector.places(site, sequential: "llama_proj")
        })
      family.imageProcessor = .blip2(side: parts.vision.imageSize)
      return family
    })
}
