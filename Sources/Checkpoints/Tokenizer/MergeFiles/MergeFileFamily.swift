/// What a class of transformers does around the vocabulary and merges that its two files hold: the files say nothing of it.
struct MergeFileFamily: Sendable {
  /// The class, without the `Fast` that older files have behind it.
  let name: String
  /// The `model_type`s whose folders mean this class where they name none.
  let modelTypes: [String]
  /// The special tokens of a folder that does not name its own.
  let tokens: [(field: String, text: String)]
  var normalizer = Normalizer.none
  /// CLIP's words end in `</w>`, lie between the two special tokens, and are cut by this pattern first.
  var clipPattern: String?
  /// Qwen2's text is cut by its own pattern; GPT-2's is the one that the step into bytes has.
  var scanner: PatternScanner?

  static let all: [MergeFileFamily] = [gpt2, codeGen, qwen2, clip]

  static let gpt2 = MergeFileFamily(
    name: "GPT2Tokenizer",
    modelTypes: ["gpt2", "opt", "phi", "gpt_neo", "gptj", "codegen", "starcoder2"],
    tokens: endOfText("bos", "eos", "unk"))

  static let codeGen = MergeFileFamily(
    name: "CodeGenTokenizer", modelTypes: [], tokens: endOfText("bos", "eos", "unk"))

  static let qwen2 = MergeFileFamily(
    name: "Qwen2Tokenizer",
    modelTypes: ["qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "qwen3", "qwen3_moe", "qwen3_vl"],
    tokens: endOfText("eos", "unk", "pad"), normalizer: .form(.nfc), scanner: PatternScanner(.modern(digits: 1)))

  static let clip = MergeFileFamily(
    name: "CLIPTokenizer", modelTypes: ["clip"],
    tokens: [("bos_token", "<|startoftext|>")] + endOfText("eos", "unk", "pad"),
    normalizer: .sequence([
      .form(.nfc), .replace(.scanner(PatternScanner(.spaces)), content: [0x20]), .lowercase,
    ]),
    clipPattern:
      #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#)

  private static func endOfText(_ roles: String...) -> [(field: String, text: String)] {
    roles.map { ("\($0)_token", "<|endoftext|>") }
  }

  /// The class that `tokenizer_config.json` names, or `config.json`, or that its `model_type` means.
  static func named(_ settings: Field, model: Field?) throws -> MergeFileFamily {
    for place in [settings["tokenizer_class"], model?["tokenizer_class"]].compactMap(\.self) where place.exists {
      let found = try place.string()
      let name = found.hasSuffix("Fast") ? String(found.dropLast("Fast".count)) : found
      if let family = all.first(where: { $0.name == name }) { return family }
      throw CheckpointError(
        place.file, .tokenizer(.unsupported(field: place.path, found: found, read: all.map(\.name))))
    }
    let type = try model?["model_type"].string(or: "") ?? ""
    if let family = all.first(where: { $0.modelTypes.contains(type) }) { return family }
    throw settings["tokenizer_class"].mustBe(
      "the class that says how vocab.json and merges.txt are used: " + all.map(\.name).joined(separator: ", "))
  }

  /// - Parameter addsSpace: `add_prefix_space`.
  func splitter(addsSpace: Bool, _ settings: Field) throws -> WordSplitter {
    if let clipPattern {
      let pattern = try SplitPattern(pattern: clipPattern, field: settings["tokenizer_class"])
      return .sequence([
        .split(pattern, .removed, inverts: true), .byteLevel(addsSpace: false, usesPattern: true),
      ])
    }
    guard let scanner else { return .byteLevel(addsSpace: addsSpace, usesPattern: true) }
    return .sequence([
      .split(.scanner(scanner), .isolated, inverts: false), .byteLevel(addsSpace: addsSpace, usesPattern: false),
    ])
  }
}
