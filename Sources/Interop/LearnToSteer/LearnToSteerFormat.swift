import Checkpoints
import Interventions
import Models
import Tensors

/// Networks (`.pt`) and vectors (`.pth`) of Learn-to-Steer: `{model}_{layer}_{shift}_{name}.pt`.
///
///     g(h) = W₂ tanh(W₁ h + b₁)        of the last prompt token, added at every token
///
/// The layer stands in the file's name only.
public enum LearnToSteerFormat: ForeignFormat {
  public static let name = "l2s"
  public static let title = "Learn-to-Steer"
  public static let options = [
    ForeignOption("tokens", "the tokens to which the shift is added"),
    ForeignOption("layer", "the block whose output is shifted, counted from 0"),
    ForeignOption("strength", "what the shift is multiplied by"),
    ForeignOption("sample", "which of a file's vectors, counted from 0, instead of their mean"),
  ]
  public static let operators = ["add"]

  private static let wrapper = "steering_model"
  private static let vector = "steering_vector"

  public static func recognises(_ source: ForeignSource) throws -> Bool {
    guard let root = source.torch?.field else { return false }
    return network(root) != nil || root[vector].exists
  }

  private static func network(_ root: TorchField) -> TorchField? {
    [root, root[wrapper]].first { Set(["encoder.weight", "encoder.bias", "decoder.weight"]).isSubset(of: $0.keys) }
  }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    guard let root = source.torch?.field else { throw CheckpointError(source.path, .torch(.notTorch)) }
    let layer = try options.integer("layer", in: 0..., file: source.path)
    guard let chosen = layer ?? layerInName(source.name) else {
      throw InteropError(
        source.path,
        .neededOption(
          name: "layer",
          reason: "the layer stands only in the file's name, model_layer_shift_name.pt, and this one has none"))
    }
    let strength = try options.number("strength", file: source.path)
    let tokens = options.tokens ?? .all + .generated
    var choices = [
      ForeignChoice("layer", "\(chosen)", isDefault: layer == nil, "read off the file's name"),
      ForeignChoice(
        "tokens", tokens.description, isDefault: options.tokens == nil,
        "the file does not say; the released inference shifts every token"),
      ForeignChoice(
        "strength", "\(strength ?? 1)", isDefault: strength == nil,
        "the file does not say; the released runs take 1 and 2.2"),
    ]
    let place = ForeignPlace.site(Site(.decoder, layer: chosen, .output), name: "layer \(chosen)")
    var arguments: [OperatorArgument] = []
    if let strength, strength != 1 { arguments.append(OperatorArgument("strength", .number(Float(strength)))) }
    let edit: ForeignEdit
    if let net = network(root) {
      arguments.append(OperatorArgument("at", .tokens(source: TokenSelector.last.description)))
      edit = ForeignEdit(at: place, on: tokens, "add", arguments, functions: [try function(net)])
    } else {
      let sample = try options.integer("sample", in: 0..., file: source.path)
      let (value, count) = try direction(root[vector], sample, source.path)
      choices.append(
        ForeignChoice(
          "sample", sample.map(String.init) ?? "the mean of \(count)", isDefault: sample == nil,
          "the file has a vector for each of its samples"))
      edit = ForeignEdit(
        at: place, on: tokens, "add", [OperatorArgument("v", .tensor(value), isPositional: true)] + arguments,
        origins: ["v": vector])
    }
    return ForeignFile(path: source.path, title: title, edits: [edit], choices: choices)
  }

  /// The number between the model's name and the shift's: `llava_14_average_all_pope_train_-1.pt`.
  private static func layerInName(_ name: String) -> Int? {
    let parts = name.split(separator: "_")
    return parts.dropFirst().dropLast().lazy.compactMap { part in
      part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(part) : nil
    }.first
  }

  private static func function(_ net: TorchField) throws -> ForeignEdit.Function {
    let encoder = try net["encoder.weight"].tensor(axes: ["hidden", "model"]).to(.f32)
    let bias = try net["encoder.bias"].tensor(axes: ["hidden"]).to(.f32)
    let decoder = try net["decoder.weight"].tensor(axes: ["model", "hidden"]).to(.f32)
    let width = encoder.axes[1].size
    guard decoder.axes[0].size == width else {
      throw net["decoder.weight"].mustBe(
        "a tensor of shape [\(width), \(encoder.axes[0].size)], back to the encoder's width")
    }
    return ForeignEdit.Function(
      argument: "v", operation: "mlp", arguments: [OperatorArgument("hidden", .integer(encoder.axes[0].size))],
      parameters: [
        ForeignEdit.Parameter("W1", encoder, from: net["encoder.weight"].path),
        ForeignEdit.Parameter("b1", bias, from: net["encoder.bias"].path),
        ForeignEdit.Parameter("W2", decoder, from: net["decoder.weight"].path),
      ], width: width)
  }

  /// The vector of one sample, or their mean: `[model]`.
  private static func direction(_ field: TorchField, _ sample: Int?, _ path: String) throws -> (Tensor, count: Int) {
    let stored = try field.tensor()
    guard let width = stored.shape.last, stored.shape.count <= 3, stored.shape.count > 0,
      stored.shape.dropFirst().dropLast().allSatisfy({ $0 == 1 }), !stored.shape.contains(0)
    else { throw field.mustBe("a tensor of shape [samples, 1, model]") }
    let count = stored.shape.count == 1 ? 1 : stored.shape[0]
    let rows = try stored.tensor().to(.f32).reshape([Axis("sample", count), Axis("model", width)])
    guard let sample else { return (try rows.mean(over: ["sample"]), count) }
    guard sample < count else {
      throw InteropError(path, .option(name: "sample", expected: "from 0 to \(count - 1)", found: "\(sample)"))
    }
    return (try rows.select("sample", .index(sample)), count)
  }

  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    guard intervention.edits.count == 1, let edit = intervention.edits.first, let own = edit.binding,
      own.count == 1, own[0].site.stack == .decoder, own[0].site.point == .output, let layer = own[0].site.layer
    else {
      throw refusal(
        path, intervention.edits[0], "a file holds one shift at the output of one block, .layers[14].output")
    }
    for argument in edit.operation.arguments {
      switch argument.value {
      case .fitted(let g):
        guard g.function.name == "mlp", g.standardisation == nil else {
          throw refusal(path, edit, "its networks are mlp(hidden: k) without standardised inputs")
        }
        let names = ["W1": "encoder.weight", "b1": "encoder.bias", "W2": "decoder.weight"]
        try TorchFile.write(g.parameters.compactMap { p in names[p.name].map { ($0, p.tensor.to(.f32)) } }, to: path)
      case .tensor(let vector) where argument.name == "v":
        guard vector.shape.names == ["model"] else { throw refusal(path, edit, "its vectors are [model]") }
        let row = try vector.to(.f32).reshape([Axis("sample", 1), Axis("token", 1), Axis("model", vector.count)])
        try TorchFile.write([(Self.vector, row)], to: path)
      default: continue
      }
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    var notes = ["the file does not hold the strength, nor the tokens `\(edit.tokens)`"]
    if layerInName(name) != layer {
      notes.append("Learn-to-Steer keeps the layer in the file's name: call it model_\(layer)_shift_name.pt")
    }
    return notes
  }
}
