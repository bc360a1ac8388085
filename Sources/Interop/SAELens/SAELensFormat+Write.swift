import Checkpoints
import Interventions
import Models
import Tensors

extension SAELensFormat {
  /// Writes the features of one `set_features` as a dictionary of that many features.
  ///
  ///     f = relu(p) where p > threshold,  p = h W_enc + b_enc,  W_enc = encoderᵀ,  W_dec = decoder,  b_dec = 0
  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    let edits = intervention.edits
    guard edits.count == 1, let own = edits[0].binding, own.count == 1 else {
      throw refusal(path, edits[0], "a folder holds the dictionary of one place; save the edits of each by themselves")
    }
    let edit = edits[0]
    let site = own[0].site
    guard let hook = SAELensHook.name(of: site, in: model.configuration) else {
      throw refusal(path, edit, "TransformerLens, whose names SAELens has, has none for `\(site.path)`")
    }
    let parts = try SAELensParts(edit, to: path)
    if let width = SiteCatalog(model.configuration)[site]?.width, width != parts.width {
      throw refusal(path, edit, "its features are of \(parts.width) numbers, and `\(site.path)` has \(width)")
    }
    var about: JSON.Object = [
      "sae_lens_version": .string(version), "sae_lens_training_version": .null,
      "model_name": .string(model.configuration.family), "model_class_name": .string("HookedTransformer"),
      "hook_name": .string(hook), "hook_head_index": .null,
      SAELensDictionary.maker.key: .string(SAELensDictionary.maker.name),
    ]
    if model.configuration.decoder.block.norm == .layer {
      // TransformerLens centres what such models write to the residual stream unless it is told.
      about["model_from_pretrained_kwargs"] = .object(["center_writing_weights": .bool(false)])
    }
    let config: JSON.Object = [
      "architecture": .string(parts.threshold == nil ? "standard" : "jumprelu"), "d_in": .integer(parts.width),
      "d_sae": .integer(parts.count), "dtype": .string("float32"), "device": .string("cpu"),
      "apply_b_dec_to_input": .bool(false), "normalize_activations": .string("none"),
      "reshape_activations": .string("none"), "metadata": .object(about),
    ]
    try SAELensDictionary.write(.object(config), parts.tensors, to: path)
    let values = parts.values.count > 1 ? "[\(listing(parts.values, limit: 16))]" : parts.values[0]
    return [
      "a dictionary holds neither the values that features are set to nor the tokens: "
        + "open(\"\(path)\", tokens: \(edit.tokens), options: (feature: \(parts.features), set: \(values)))"
    ]
  }

  /// The version whose layout is written; without one SAELens takes a configuration to be older than 6.
  private static let version = "6.54.12"
}

extension SAELensDictionary {
  /// Writes it as it was read: the same tensors, the same settings.
  func write(to path: String) throws -> [String] {
    try Self.write(settings.value ?? .null, stored(), to: path)
    return []
  }

  static func write(_ settings: JSON, _ tensors: [(name: String, tensor: Tensor)], to path: String) throws {
    try AtomicFolder.write(to: path, last: configuration) { place in
      try Safetensors.write(tensors, to: place(weights))
      let file = place(configuration)
      try AtomicFile.write(try settings.text(pretty: true, file: file) + "\n", to: file)
    }
  }
}

/// What `set_features` was made with, as a dictionary has it.
private struct SAELensParts {
  /// How many features there are, and how many numbers an activation has.
  let (count, width): (Int, Int)
  let tensors: [(name: String, tensor: Tensor)]
  /// Nil where all are zero.
  let threshold: Tensor?
  /// What the features are set to: one number, or one for each.
  let values: [String]

  init(_ edit: Edit, to path: String) throws {
    func refused(_ reason: String) -> InteropError { SAELensFormat.refusal(path, edit, reason) }
    func argument(_ name: String) -> OperatorArgument.Value? {
      edit.operation.arguments.first { $0.name == name }?.value
    }
    func matrix(_ name: String) throws -> Tensor {
      guard case .tensor(let tensor)? = argument(name), tensor.shape.rank == 2,
        let row = tensor.shape.index(of: "feature"), let column = tensor.shape.names.first(where: { $0 != "feature" }),
        tensor.axes[row].size > 0
      else { throw refused("a dictionary has one `\(name)` of the axes feature and model, for one layer") }
      return try tensor.to(.f32).reorder(["feature", column])
    }
    /// A number for all features, or one for each: `[feature]`.
    func numbers(_ name: String, _ count: Int) throws -> [Float] {
      switch argument(name) {
      case nil: return Array(repeating: 0, count: count)
      case .integer(let value)?: return Array(repeating: Float(value), count: count)
      case .number(let value)?: return Array(repeating: value, count: count)
      case .tensor(let tensor)? where tensor.shape.names == ["feature"] && tensor.count == count:
        return tensor.to(.f32).floats()
      case .tensor(let tensor)? where tensor.shape.rank == 0:
        return Array(repeating: tensor.to(.f32).floats()[0], count: count)
      default: throw refused("a dictionary's `\(name)` is a number, or one for each feature")
      }
    }
    let (encoder, decoder) = (try matrix("encoder"), try matrix("decoder"))
    (count, width) = (encoder.axes[0].size, encoder.axes[1].size)
    guard decoder.shape.sizes == encoder.shape.sizes else {
      throw refused(
        "its encoder is \(encoder.shape) and its decoder \(decoder.shape), and a dictionary has both for each feature")
    }
    let axis = Axis("feature", count)
    let thresholds = try numbers("threshold", count)
    threshold = thresholds.allSatisfy { $0 == 0 } ? nil : Tensor([axis], thresholds)
    let bias = Tensor([axis], try numbers("bias", count))
    let given = try numbers("value", count)
    values = (Set(given).count == 1 ? [given[0]] : given).map {
      $0 == $0.rounded() && abs($0) < 1e7 ? "\(Int($0))" : "\($0)"
    }
    tensors =
      [
        ("W_enc", try encoder.reorder([encoder.axes[1].name, "feature"])), ("W_dec", decoder), ("b_enc", bias),
        ("b_dec", try Tensor.zeros([Axis("model", width)])),
      ] + (threshold.map { [("threshold", $0)] } ?? [])
  }

  var features: String { "[\(listing((0..<count).map(String.init), limit: 16))]" }
}
