import Checkpoints
import Tensors

/// A sparse autoencoder as SAELens keeps it: `cfg.json` and `sae_weights.safetensors`.
///
///     f = act(W_encᵀ (h − b_dec) + b_enc),  h ≈ f W_dec + b_dec
struct SAELensDictionary: Sendable {
  /// What the features' activation is.
  enum Architecture: String, CaseIterable {
    /// relu(p)
    case standard
    /// relu(p) where p > `threshold`
    case jumprelu
    /// relu(p eʳ + `b_mag`) where p + `b_gate` > 0
    case gated
    /// relu(p) of the k features with the greatest p
    case topk
  }

  let architecture: Architecture
  /// TransformerLens's name of the place.
  let hook: String
  let modelName: String
  /// How many numbers an activation has, and how many features there are.
  let (width, features): (Int, Int)
  /// Whether `b_dec` is taken away from what is encoded.
  let centresInput: Bool
  let notes: [String]
  /// As it stands in the file, for writing it again.
  let settings: Field
  private let file: Safetensors
  static let weights = "sae_weights.safetensors"
  static let configuration = "cfg.json"
  /// What tells those that were written here.
  static let maker = (key: "made_by", name: "steersh")
  private static let mostFeatures = 1 << 24

  init(_ folder: FileSource) throws {
    let config = try Field(folder.bytes(of: Self.configuration, expected: "a dictionary's configuration"))
    settings = config
    // SAELens 6 keeps in `metadata` what stood at the top before.
    let about = config["metadata"]
    func field(_ names: String...) -> Field {
      names.map { about[$0].exists ? about[$0] : config[$0] }.first(where: \.exists) ?? config[names[0]]
    }
    architecture = try Self.architecture(config)
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
    try check("b_dec", [width])
    for name in rowNames { try check(name, [features]) }
  }

  private static func architecture(_ config: Field) throws -> Architecture {
    let named = try config["architecture"].string(or: Architecture.standard.rawValue)
    guard var found = Architecture(rawValue: named) else {
      throw config["architecture"].mustBe(
        listing(Architecture.allCases.map { "\"\($0.rawValue)\"" }) + "; other architectures are not supported")
    }
    for name in ["activation_fn", "activation_fn_str"] {
      switch try config[name].string(or: "relu") {
      case "relu": break
      // Before version 6 it was an activation of the standard architecture.
      case "topk": found = .topk
      default: throw config[name].mustBe("\"relu\" or \"topk\"")
      }
    }
    return found
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
    let given = field("model_from_pretrained_kwargs")
    let isCentred = try given.exists ? given["center_writing_weights"].bool(or: true) : true
    // A dictionary that was written here is of the activations that are here.
    let isOurs = try field(maker.key).string(or: "") == maker.name
    if isHooked, isCentred, !isOurs {
      notes.append(
        "made with TransformerLens; by default it centres what is written to the residual stream of models with layer norm, "
          + "such as GPT-2, which is not done here")
    }
    if try field("prepend_bos").bool(or: false) { notes.append("trained on texts that begin with the beginning token") }
    return notes
  }

  /// The tensors that have a number for each feature.
  private var rowNames: [String] {
    switch architecture {
    case .standard, .topk: ["b_enc"]
    case .jumprelu: ["b_enc", "threshold"]
    case .gated: ["b_gate", "b_mag", "r_mag"]
    }
  }

  private func check(_ name: String, _ shape: [Int]) throws {
    let found = try file.entry(named: name).shape
    guard found == shape else {
      throw InteropError(
        file.name,
        .misfit(tensor: name, found: "\(found)", site: hook, expected: "\(shape), as cfg.json says"))
    }
  }

  /// The rows of some features: `encoder` and `decoder` `[feature, model]`, inside an MLP `[feature, hidden]`; `bias` and `threshold`
  /// `[feature]`.
  ///
  ///     f = relu(p) where p > threshold and 0 elsewhere,  p = encoder · h + bias
  struct Rows {
    let (encoder, decoder, bias, threshold): (Tensor, Tensor, Tensor, Tensor)
  }

  /// - Parameter axis: what an activation's axis is called where it acts.
  /// - Throws: for `topk`, whose features are on or off by all the others.
  func rows(_ chosen: [Int], axis: String = "model") throws -> Rows {
    func own(_ name: String) throws -> Tensor { try numbers(name, ["feature"]).select("feature", .list(chosen)) }
    var encoder = try numbers("W_enc", ["model", "feature"]).select("feature", .list(chosen)).reorder([
      "feature", "model",
    ])
    var bias: Tensor
    var threshold = try Tensor.zeros([Axis("feature", chosen.count)])
    switch architecture {
    case .standard: bias = try own("b_enc")
    case .jumprelu: (bias, threshold) = (try own("b_enc"), try own("threshold"))
    case .gated:
      // With s = eʳ: q + b_gate > 0 is s q + b_mag > b_mag − s b_gate.
      let scale = try own("r_mag").exp()
      encoder = try encoder * scale
      bias = try own("b_mag")
      threshold = try bias - scale * own("b_gate")
    case .topk:
      throw InteropError(
        file.name,
        .unsupported(
          what: "a value for features of a topk dictionary",
          reason: "whether one of them is on depends on all \(features); choose strength, which adds their directions"))
    }
    if centresInput { bias = try bias - encoder.contract(numbers("b_dec", ["model"]), over: ["model"]) }
    return Rows(
      encoder: try encoder.rename("model", to: axis), decoder: try directions(chosen).rename("model", to: axis),
      bias: bias, threshold: threshold)
  }

  /// What one unit of a feature adds: `[feature, model]`.
  func directions(_ chosen: [Int]) throws -> Tensor {
    let decoder = try numbers("W_dec", ["feature", "model"]).select("feature", .list(chosen))
    guard try settings["rescale_acts_by_decoder_norm"].bool(or: false) else { return decoder }
    return try decoder / (decoder * decoder).sum(over: ["model"]).sqrt()
  }

  private func numbers(_ name: String, _ axes: [String]) throws -> Tensor {
    let tensor = try file.tensor(named: name, axes: axes)
    guard [.f32, .f16, .bf16, .f64].contains(tensor.dtype) else {
      throw InteropError(
        file.name, .unsupported(what: "the tensor `\(name)`", reason: "it holds \(tensor.dtype.rawValue)"))
    }
    return tensor.to(.f32)
  }

  /// All of its tensors as they are stored.
  func stored() throws -> [(name: String, tensor: Tensor)] {
    try file.entries.map { ($0.name, try file.tensor(named: $0.name)) }
  }
}
