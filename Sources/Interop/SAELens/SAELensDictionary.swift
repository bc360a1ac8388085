import Checkpoints
import Tensors

/// A sparse autoencoder as SAELens keeps it: `cfg.json` and `sae_weights.safetensors`.
///
///     f = act(W_encᵀ (h − b_dec) + b_enc),  h ≈ f W_dec + b_dec
struct SAELensDictionary: Sendable {
  /// What SAELens calls it: `standard`, `jumprelu`.
  let architecture: String
  /// TransformerLens's name of the place.
  let hook: String
  let modelName: String
  /// How many numbers an activation has, and how many features there are.
  let (width, features): (Int, Int)
  /// Whether `b_dec` is taken away from what is encoded.
  let centresInput: Bool
  let notes: [String]
  private let file: Safetensors
  private static let weights = "sae_weights.safetensors"
  static let configuration = "cfg.json"
  private static let mostFeatures = 1 << 24

  init(_ folder: FileSource) throws {
    let config = try Field(folder.bytes(of: Self.configuration, expected: "a dictionary's configuration"))
    // SAELens 6 keeps in `metadata` what stood at the top before.
    let about = config["metadata"]
    func field(_ names: String...) -> Field {
      names.map { about[$0].exists ? about[$0] : config[$0] }.first(where: \.exists) ?? config[names[0]]
    }
    architecture = try config["architecture"].string(or: "standard")
    guard ["standard", "jumprelu"].contains(architecture) else {
      throw config["architecture"].mustBe("\"standard\" or \"jumprelu\"; other architectures are not supported")
    }
    for name in ["activation_fn", "activation_fn_str"] {
      guard try config[name].string(or: "relu") == "relu" else { throw config[name].mustBe("\"relu\"") }
    }
    hook = try field("hook_name", "hook_point").string()
    modelName = try field("model_name").string(or: "")
    width = try config["d_in"].integer(in: 1...1 << 20)
    features = try config["d_sae"].integer(in: 1...Self.mostFeatures)
    centresInput = try config["apply_b_dec_to_input"].bool(or: true)
    try Self.checkNormalisation(config)
    notes = try Self.notes(config, field)
    file = try Safetensors(folder.bytes(of: Self.weights, expected: "a dictionary's weights"))
    try check("W_enc", [width, features])
    try check("W_dec", [features, width])
    try check("b_enc", [features])
    try check("b_dec", [width])
    if architecture == "jumprelu" { try check("threshold", [features]) }
  }

  private static func checkNormalisation(_ config: Field) throws {
    let normalisation = config["normalize_activations"]
    switch normalisation.value {
    case nil, .null, .string("none"), .string("expected_average_only_in"), .bool(false): break
    default:
      throw normalisation.mustBe(
        "\"none\"; dictionaries that scale each activation by its own length are not supported")
    }
    let reshaping = config["reshape_activations"]
    guard try reshaping.string(or: "none") == "none" else {
      throw reshaping.mustBe("\"none\"; dictionaries of all heads in a row are not supported")
    }
    guard try config["finetuning_scaling_factor"].bool(or: false) == false else {
      throw config["finetuning_scaling_factor"].mustBe("false; fold the factor into W_dec first")
    }
  }

  private static func notes(_ config: Field, _ field: (String...) -> Field) throws -> [String] {
    var notes: [String] = []
    if case .string("expected_average_only_in") = config["normalize_activations"].value {
      notes.append(
        "normalize_activations is expected_average_only_in, whose factor is not in the file; SAELens reads such a file as if it "
          + "were folded in, and so does this")
    }
    let isHooked = try field("model_class_name").string(or: "HookedTransformer") == "HookedTransformer"
    if isHooked {
      notes.append(
        "made with TransformerLens; by default it centres what is written to the residual stream of models with layer norm, "
          + "such as GPT-2, which is not done here")
    }
    if try field("prepend_bos").bool(or: false) { notes.append("trained on texts that begin with the beginning token") }
    return notes
  }

  private func check(_ name: String, _ shape: [Int]) throws {
    let found = try file.entry(named: name).shape
    guard found == shape else {
      throw InteropError(
        file.name,
        .misfit(tensor: name, found: "\(found)", site: hook, expected: "\(shape), as cfg.json says"))
    }
  }

  /// The rows of some features: `encoder` and `decoder` `[feature, model]`, `bias` and `threshold` `[feature]`.
  struct Rows {
    let (encoder, decoder, bias, threshold): (Tensor, Tensor, Tensor, Tensor)
  }

  func rows(_ chosen: [Int]) throws -> Rows {
    let axis = Axis("feature", chosen.count)
    let encoder = try numbers("W_enc", ["model", "feature"]).select("feature", .list(chosen)).reorder([
      "feature", "model",
    ])
    let decoder = try numbers("W_dec", ["feature", "model"]).select("feature", .list(chosen))
    var bias = try numbers("b_enc", ["feature"]).select("feature", .list(chosen))
    if centresInput { bias = try bias - encoder.contract(numbers("b_dec", ["model"]), over: ["model"]) }
    let threshold =
      architecture == "jumprelu"
      ? try numbers("threshold", ["feature"]).select("feature", .list(chosen)) : try Tensor.zeros([axis])
    return Rows(encoder: encoder, decoder: decoder, bias: bias, threshold: threshold)
  }

  private func numbers(_ name: String, _ axes: [String]) throws -> Tensor {
    let tensor = try file.tensor(named: name, axes: axes)
    guard [.f32, .f16, .bf16, .f64].contains(tensor.dtype) else {
      throw InteropError(
        file.name, .unsupported(what: "the tensor `\(name)`", reason: "it holds \(tensor.dtype.rawValue)"))
    }
    return tensor.to(.f32)
  }
}
