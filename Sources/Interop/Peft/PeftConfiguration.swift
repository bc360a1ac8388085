import Checkpoints

/// `adapter_config.json` of a peft folder, or of one that the LLM-Adapters fork of peft wrote.
struct PeftConfiguration: Sendable {
  /// What the adapter is, by its `peft_type`.
  enum Kind: String, Sendable, CaseIterable {
    case lora = "LORA"
    case ia3 = "IA3"
    case oft = "OFT"
    case prompt = "PROMPT_TUNING"
    case bottleneck = "BOTTLENECK"
  }

  let field: Field
  let kind: Kind
  /// What a reader should know: fields that only training reads, fields that nothing reads.
  let notes: [String]

  init(_ field: Field) throws {
    let type = field["peft_type"]
    guard let kind = Kind(rawValue: try type.string()) else {
      throw type.mustBe("one of \(Kind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
    }
    self.field = field
    self.kind = kind
    for (name, reason) in Self.refused[kind] ?? [] where Self.isSet(field[name]) {
      throw field[name].mustBe("absent: \(reason)")
    }
    notes = try Self.notes(field, kind)
    if kind == .lora { try Self.checkStart(field["init_lora_weights"]) }
  }

  /// The name of the model it was trained on, where the file says.
  var baseModel: String? { try? field["base_model_name_or_path"].string() }

  /// Variants of the forward pass that no operator has.
  private static let refused: [Kind: [(String, String)]] = [
    .lora: [
      ("alora_invocation_tokens", "activated LoRA acts only behind certain tokens, which is not supported"),
      ("use_qalora", "QA-LoRA pools what a map reads, which is not supported"),
      ("use_bdlora", "block-diagonal LoRA is not supported"),
      ("kasa_config", "KaSA also changes the base weights, which is not supported"),
      ("monteclora_config", "Monte Carlo LoRA is not supported"),
      ("arrow_config", "Arrow routes between several adapters, which is not supported"),
      ("layer_replication", "it runs layers several times, which is not supported"),
      ("target_parameters", "LoRA of bare parameters is not supported"),
      ("trainable_token_indices", "rows of embeddings that are trained beside LoRA are not supported"),
      ("megatron_config", "Megatron's parallel maps are not supported"),
    ]
  ]

  /// Starts that also change the model's own weights, so that what was saved only fits those changed weights.
  private static func checkStart(_ start: Field) throws {
    guard case .string(let name) = start.value else { return }
    let changing = ["pissa", "corda", "olora", "loftq", "lora_ga"]
    guard let own = changing.first(where: name.lowercased().hasPrefix) else { return }
    throw start.mustBe(
      "true: \"\(own)\" also changes the base weights when training begins, so the file fits only those; save it again in peft "
        + "with path_initial_model_for_weight_conversion, which makes it a LoRA of the model itself")
  }

  private static func isSet(_ field: Field) -> Bool {
    switch field.value {
    case nil, .null, .bool(false), .array([]): false
    case .object(let object): object.count > 0
    default: true
    }
  }

  private static func notes(_ field: Field, _ kind: Kind) throws -> [String] {
    let known = Set(common + (own[kind] ?? []) + (refused[kind] ?? []).map(\.0))
    var notes: [String] = []
    let unknown = try field.object().keys.filter { !known.contains($0) && isSet(field[$0]) }
    if !unknown.isEmpty {
      notes.append(
        "the configuration's \(unknown.map { "`\($0)`" }.joined(separator: ", ")) \(unknown.count == 1 ? "is" : "are") no "
          + "field of \(kind == .bottleneck ? "LLM-Adapters" : "peft 0.21"), which ignores it too")
    }
    return notes
  }

  /// Fields of every adapter, as peft 0.21 and the versions before it wrote them.
  private static let common = [
    "auto_mapping", "base_model_name_or_path", "base_model_class", "parent_library", "bias", "exclude_modules",
    "fan_in_fan_out", "inference_mode", "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type",
    "peft_version", "revision", "target_modules", "task_type",
  ]
  private static let own: [Kind: [String]] = [
    .lora: [
      "alpha_pattern", "corda_config", "enable_lora", "ensure_weight_tying", "eva_config", "init_lora_weights",
      "loftq_config", "lora_alpha", "lora_bias", "lora_dropout", "lora_ga_config", "megatron_core", "merge_weights",
      "qalora_group_size", "r", "rank_pattern", "runtime_config", "use_dora", "use_rslora", "velora_config",
    ],
    .ia3: ["feedforward_modules", "init_ia3_weights"],
    .oft: [
      "alpha_pattern", "block_share", "coft", "eps", "init_weights", "module_dropout", "num_cayley_neumann_terms",
      "oft_block_size", "r", "rank_pattern", "use_cayley_neumann",
    ],
    .prompt: [
      "num_attention_heads", "num_layers", "num_transformer_submodules", "num_virtual_tokens", "prompt_tuning_init",
      "prompt_tuning_init_text", "token_dim", "tokenizer_kwargs", "tokenizer_name_or_path",
    ],
    .bottleneck: [
      "adapter_dropout", "bottleneck_size", "init_weights", "non_linearity", "scaling", "use_adapterp",
      "use_parallel_adapter",
    ],
  ]
}
