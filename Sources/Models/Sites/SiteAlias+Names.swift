// Names as the libraries' own code has them: TransformerLens 2 (`HookPoint`s of `TransformerBlock` and
// `HookedTransformer`), the modules of transformers 5, pyvene 0.1 (`type_to_module_mapping`).

extension SiteAlias {
  /// Every name that is understood.
  public static let all = transformerLens + transformers + pyvene

  private static let transformerLens: [SiteAlias] = [
    SiteAlias(.transformerLens, "hook_embed", .embeddings, unless: .positioned),
    SiteAlias(.transformerLens, "blocks.#.hook_resid_pre", .input),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_q", .query, unless: .turned),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_k", .key, unless: .turned),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_rot_q", .query),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_rot_k", .key),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_v", .value),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_attn_scores", .scores),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_pattern", .weights),
    SiteAlias(.transformerLens, "blocks.#.attn.hook_z", .mixed),
    SiteAlias(.transformerLens, "blocks.#.hook_attn_out", .attentionOutput),
    SiteAlias(.transformerLens, "blocks.#.hook_resid_mid", .residual),
    SiteAlias(.transformerLens, "blocks.#.mlp.hook_post", .mlpHidden),
    SiteAlias(.transformerLens, "blocks.#.hook_mlp_out", .mlpOutput),
    SiteAlias(.transformerLens, "blocks.#.hook_resid_post", .output),
  ]

  /// A module's name is its output; of blocks also `input`.
  private static let transformers: [SiteAlias] = {
    var names: [SiteAlias] = []
    func add(_ name: String, _ point: Site.Point, in stack: Site.Stack = .decoder, unless: Condition? = nil) {
      names.append(SiteAlias(.transformers, name, point, in: stack, unless: unless))
    }
    func blocks(_ prefix: String, attention: String, output: String, down: String, in stack: Site.Stack = .decoder) {
      add(prefix + "#", .output, in: stack)
      add(prefix + "#.input", .input, in: stack)
      add(prefix + "#." + attention, .attentionOutput, in: stack, unless: .sandwiched)
      for output in output.split(separator: "|") {
        add("\(prefix)#.\(attention).\(output)", .attentionOutput, in: stack, unless: .sandwiched)
      }
      add(prefix + "#.mlp", .mlpOutput, in: stack, unless: .sandwiched)
      for down in down.split(separator: "|") {
        add("\(prefix)#.mlp.\(down)", .mlpOutput, in: stack, unless: .sandwiched)
      }
    }
    for prefix in ["model.", "language_model.model.", "model.language_model."] {
      blocks(prefix + "layers.", attention: "self_attn", output: "o_proj|dense", down: "down_proj|fc2")
      add(prefix + "norm", .norm)
      add(prefix + "final_layernorm", .norm)
    }
    // Beside images the table's rows are not all that goes into the first block.
    add("model.embed_tokens", .embeddings)
    add("transformer.wte", .embeddings, unless: .positioned)
    add("transformer.drop", .embeddings)
    blocks("transformer.h.", attention: "attn", output: "c_proj", down: "c_proj")
    add("transformer.ln_f", .norm)
    add("lm_head", .logits, unless: .capped)
    add("language_model.lm_head", .logits, unless: .capped)
    for prefix in [
      "vision_tower.vision_model.", "model.vision_tower.vision_model.", "vision_tower.", "model.vision_tower.",
    ] {
      blocks(prefix + "encoder.layers.", attention: "self_attn", output: "out_proj", down: "fc2", in: .vision)
    }
    add("multi_modal_projector", .output, in: .projector)
    add("model.multi_modal_projector", .output, in: .projector)
    return names
  }()

  private static let pyvene: [SiteAlias] = [
    SiteAlias(.pyvene, "layer.#.block_input", .input),
    SiteAlias(.pyvene, "layer.#.block_output", .output),
    SiteAlias(.pyvene, "layer.#.mlp_activation", .mlpHidden, unless: .gated),
    SiteAlias(.pyvene, "layer.#.mlp_output", .mlpOutput, unless: .sandwiched),
    SiteAlias(.pyvene, "layer.#.attention_value_output", .mixed),
    SiteAlias(.pyvene, "layer.#.head_attention_value_output", .mixed),
    SiteAlias(.pyvene, "layer.#.attention_weight", .weights),
    SiteAlias(.pyvene, "layer.#.attention_output", .attentionOutput, unless: .sandwiched),
    SiteAlias(.pyvene, "layer.#.query_output", .query, unless: .turned),
    SiteAlias(.pyvene, "layer.#.head_query_output", .query, unless: .turned),
    SiteAlias(.pyvene, "layer.#.key_output", .key, unless: .turned),
    SiteAlias(.pyvene, "layer.#.head_key_output", .key, unless: .turned),
    SiteAlias(.pyvene, "layer.#.value_output", .value),
    SiteAlias(.pyvene, "layer.#.head_value_output", .value),
  ]
}
