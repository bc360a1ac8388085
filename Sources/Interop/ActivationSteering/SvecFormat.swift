import Checkpoints
import Interventions
import Models
import Tensors

/// `.svec` files of IBM's activation-steering: a direction for each layer, as JSON.
///
/// Its `LeashLayer` adds them to what a block reads, at every token.
public enum SvecFormat: ForeignFormat {
  public static let name = "svec"
  public static let title = "activation-steering vector (.svec)"
  public static let options = [
    ForeignOption("tokens", "the tokens to act on"), ForeignOption("layers", "which of the file's layers to act at"),
    ForeignOption("strength", "what the directions are multiplied by"),
  ]
  public static let operators = ["add"]

  public static func recognises(_ source: ForeignSource) throws -> Bool {
    source.file != nil && source.ending == "svec"
  }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    guard let file = source.file else { throw CheckpointError(source.path, .file(.notRegular(expected: title))) }
    let field = try Field(file)
    let directions = try field["directions"].object()
    var rows: [(layer: Int, tensor: Tensor)] = []
    for key in directions.keys {
      let own = field["directions"][key]
      guard let layer = Int(key), layer >= 0 else { throw own.mustBe("named by a layer's number, counted from 0") }
      // One row in another list, as some versions write it.
      let flat =
        if case .array(let outer) = own.value, case .array? = outer.first, outer.count == 1 { own[0] } else { own }
      let numbers = try flat.numbers().map { Float($0) }
      guard !numbers.isEmpty else { throw own.mustBe("an array of numbers") }
      rows.append((layer, Tensor([Axis("model", numbers.count)], numbers)))
    }
    rows.sort { $0.layer < $1.layer }
    let chosen = try layers(options, rows.map(\.layer), source.path)
    let strength = try options.number("strength", file: source.path) ?? 1
    let tokens = options.tokens ?? .all + .generated
    let edits = rows.filter { chosen.contains($0.layer) }.map { layer, tensor in
      ForeignEdit(
        at: .site(Site(.decoder, layer: layer, .input), name: "layer \(layer)"), on: tokens, "add",
        [OperatorArgument("v", .tensor(tensor), isPositional: true)]
          + (strength == 1 ? [] : [OperatorArgument("strength", .number(Float(strength)))]),
        origins: ["v": "directions.\(layer)"])
    }
    return ForeignFile(
      path: source.path, title: title, madeFor: try field["model_type"].string(or: ""), edits: edits,
      choices: [
        ForeignChoice(
          "layers", "\(chosen)", isDefault: options["layers"] == nil,
          "the file has a direction for each; activation-steering is told at which of them to act"),
        ForeignChoice(
          "strength", "\(strength)", isDefault: options["strength"] == nil, "the file does not say"),
        ForeignChoice(
          "tokens", tokens.description, isDefault: options.tokens == nil, "as activation-steering acts, at every token"),
      ],
      notes: [
        "added to what a block reads, as there; the directions were taken at the block's output",
        "activation-steering also keeps the norm of what it edits (use_ooi_preventive_normalization); here it is plain addition",
      ])
  }

  private static func layers(_ options: ForeignOptions, _ present: [Int], _ path: String) throws -> [Int] {
    guard let value = options["layers"] else { return present }
    let given: [ForeignOptions.Value] = if case .list(let values) = value { values } else { [value] }
    return try given.map { value in
      guard case .integer(let layer) = value, present.contains(layer) else {
        throw InteropError(
          path,
          .option(
            name: "layers", expected: "layers of the file, \(listing(present.map(String.init)))", found: value.summary))
      }
      return layer
    }
  }

  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    var directions = JSON.Object()
    var strengths: Set<String> = []
    for edit in intervention.edits {
      for own in edit.binding ?? [] {
        guard own.site.stack == .decoder, own.site.point == .input, let layer = own.site.layer else {
          throw refusal(path, edit, "its directions are added to what a block reads, .layers[i].input")
        }
        guard case .tensor(let vector)? = edit.operation.arguments.first(where: { $0.name == "v" })?.value,
          vector.shape.names == ["model"]
        else { throw refusal(path, edit, "its directions are plain vectors, [model]") }
        guard directions["\(layer)"] == nil else { throw refusal(path, edit, "it holds one direction for a layer") }
        directions["\(layer)"] = .array(vector.to(.f32).floats().map { .number(Double($0)) })
        if let strength = edit.operation.arguments.first(where: { $0.name == "strength" }) {
          strengths.insert("\(strength.value)")
        }
      }
    }
    let about: JSON.Object = [
      "model_type": .string(""), "directions": .object(directions), "explained_variances": .object(JSON.Object()),
    ]
    try AtomicFile.write(try JSON.object(about).text(file: path), to: path)
    return ["the file does not hold tokens, strength or model_type; give them to activation-steering"]
  }
}
