import Checkpoints

/// A vision tower with its projector, as llama.cpp keeps them in a file of their own: `mmproj`, architecture `clip`.
struct GGUFTower: Sendable {
  let file: GGUF

  init(_ file: GGUF) throws {
    self.file = file
    guard try file.string("general.architecture") == "clip" else {
      throw file.mustBe("general.architecture", "\"clip\", for the file of a vision tower (mmproj)")
    }
    guard try file.bool("clip.has_vision_encoder", or: true) else {
      throw file.mustBe("clip.has_vision_encoder", "true")
    }
    guard try file.string("clip.projector_type", or: "mlp") == "mlp" else {
      throw file.mustBe("clip.projector_type", "\"mlp\", LLaVA's projector of two layers")
    }
    if file.contains("model.image_newline") || file.value("clip.vision.image_grid_pinpoints") != nil {
      throw file.mustBe(
        "clip.vision.image_grid_pinpoints", "absent: images in several tiles (LLaVA-NeXT) are not read from GGUF")
    }
  }

  private func size(_ name: String) throws -> Int { try file.integer("clip.vision.\(name)", in: 1...1 << 22) }

  /// `config.json` of LLaVA around the language model's.
  ///
  /// Files for LLaVA leave out the blocks that no feature comes from, so the last block's output is what the projector
  /// reads, unless `feature_layer` says more.
  /// - Parameter imageToken: the id that stands for image patches.
  func configuration(text: JSON.Object, imageToken: Int) throws -> JSON.Object {
    let layers = try size("block_count")
    var states = [layers]
    if file.value("clip.vision.feature_layer") != nil { states = try file.integers("clip.vision.feature_layer") }
    let act =
      try file.bool("clip.use_gelu", or: false) ? "gelu" : file.bool("clip.use_silu", or: false) ? "silu" : "quick_gelu"
    return [
      "model_type": "llava", "text_config": .object(text), "image_token_index": .integer(imageToken),
      "vision_feature_layer": .array(states.map { .integer($0) }), "vision_feature_select_strategy": "default",
      "projector_hidden_act": "gelu", "multimodal_projector_bias": .bool(file.contains("mm.0.bias")),
      "tie_word_embeddings": text["tie_word_embeddings"] ?? .bool(false),
      "vision_config": .object([
        "model_type": "clip_vision_model", "hidden_size": .integer(try size("embedding_length")),
        "intermediate_size": .integer(try size("feed_forward_length")), "num_hidden_layers": .integer(layers),
        "num_attention_heads": .integer(try size("attention.head_count")),
        "image_size": .integer(try size("image_size")),
        "patch_size": .integer(try size("patch_size")),
        "layer_norm_eps": .number(try file.number("clip.vision.attention.layer_norm_epsilon")),
        "hidden_act": .string(act),
      ]),
    ]
  }

  /// `processor_config.json`: LLaVA pads to a square of the mean colour, as llama.cpp does.
  func processor() throws -> JSON.Object {
    let side = JSON.integer(try size("image_size"))
    func channels(_ name: String) throws -> JSON {
      .array(try file.numbers("clip.vision.\(name)").map { .number($0) })
    }
    return [
      "image_processor": .object([
        "image_processor_type": "LlavaImageProcessor",
        "do_pad": .bool(try file.string("clip.vision.image_aspect_ratio", or: "pad") == "pad"), "do_resize": true,
        "size": .object(["shortest_edge": side]), "resample": 3, "do_center_crop": true,
        "crop_size": .object(["height": side, "width": side]), "do_rescale": true, "do_normalize": true,
        "image_mean": try channels("image_mean"), "image_std": try channels("image_std"),
      ])
    ]
  }

  /// What the file calls the weight at a site, the usual name first.
  func names(_ site: Site) -> [String] {
    let module = site.point.module
    switch (site.stack, site.point) {
    case (.projector, _):
      return ["hidden": "mm.0", "output": "mm.2"][module.name].map { ["\($0).\(module.parameter)"] } ?? []
    case (.vision, .classWeight): return ["v.class_embd"]
    case (.vision, .patchesWeight): return ["v.patch_embd.weight"]
    case (.vision, .positionsWeight): return ["v.position_embd.weight"]
    case (.vision, .normWeight), (.vision, .normBias): return ["v.pre_ln." + module.parameter]
    case (.vision, _):
      guard let layer = site.layer, var name = Self.blockNames[module.name] else { return [] }
      if swapsMLP { name = ["ffn_up": "ffn_down", "ffn_down": "ffn_up"][name] ?? name }
      return ["v.blk.\(layer).\(name).\(module.parameter)"]
    default: return []
    }
  }

  private static let blockNames = [
    "attention.norm": "ln1", "attention.query": "attn_q", "attention.key": "attn_k", "attention.value": "attn_v",
    "attention.output": "attn_out", "mlp.norm": "ln2", "mlp.up": "ffn_up", "mlp.down": "ffn_down",
  ]

  /// Older files call the MLP's first map `ffn_down` and its second `ffn_up`; sizes tell.
  private var swapsMLP: Bool {
    guard let down = try? file.entry(named: "v.blk.0.ffn_down.weight"), let width = try? size("embedding_length") else {
      return false
    }
    return down.shape.last == width
  }
}
