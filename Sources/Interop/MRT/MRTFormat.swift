import Checkpoints
import Interventions
import Models
import Tensors

/// `rt_modules.bin` of the MRT code: the state dicts of its editors by the names of their modules.
///
/// Each stores a raw matrix that is made orthonormal by QR at every use, with the signs of the diagonal; so does the operator `editor`.
public enum MRTFormat: ForeignFormat {
  public static let name = "mrt"
  public static let title = "MRT editors (rt_modules.bin)"
  public static let options = [
    ForeignOption("length", "how many prefix and suffix tokens of the user's text are edited")
  ]
  public static let operators = ["editor"]

  static let vision = "model.vision_tower.vision_tower.vision_model.encoder.vision_rt."
  static let projector = "model.mm_rt"
  static let prefix = "model.prefix_lm_rt."
  static let suffix = "model.suffix_lm_rt."
  private static let marks = ["mm_rt", "vision_rt", "lm_rt"]

  public static func recognises(_ source: ForeignSource) throws -> Bool {
    if source.contains("rt_modules.bin") { return true }
    guard let root = source.torch?.field else { return false }
    return root.keys.contains { key in marks.contains { key.contains($0) } && root[key].value != nil }
  }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    let file = try source.torch ?? source.torch("rt_modules.bin", expected: "MRT's editors")
    let root = file.field
    let length = try options.integer("length", in: 1...1024, file: source.path)
    var edits: [ForeignEdit] = []
    var unmapped: [ForeignFile.Unmapped] = []
    var repeated = 0
    for module in root.keys {
      let state = root[module]
      guard let (site, tokens) = place(module, length: length ?? 4) else {
        // Parts of an editor and lists of editors repeat the tensors of the editors themselves.
        if isPart(module) {
          repeated += 1
        } else if !state.keys.isEmpty {
          unmapped.append(ForeignFile.Unmapped(module, "no editor of MRT has this name"))
        }
        continue
      }
      // Layers without an editor are empty.
      guard !state.keys.isEmpty else { continue }
      edits.append(try edit(at: .site(site, name: module), on: tokens, state, module))
    }
    var notes: [String] = []
    if edits.contains(where: { $0.place.name.hasPrefix(suffix) }) {
      notes.append(
        "suffix editors act on the user's last tokens; the released evaluation counts from the end of the whole prompt, template included"
      )
    }
    if repeated > 0 {
      notes.append("\(repeated) entries repeat tensors of the editors above (their parts, and lists of them)")
    }
    return ForeignFile(
      path: source.path, title: title, edits: edits,
      choices: [
        ForeignChoice(
          "length", "\(length ?? 4)", isDefault: length == nil,
          "the file does not say; 4 is the paper's best, the released evaluation takes 6")
      ],
      notes: notes, unmapped: unmapped)
  }

  /// The site and the tokens of an editor's module; nil for other names.
  private static func place(_ module: String, length: Int) -> (Site, TokenSelector)? {
    func layer(_ start: String) -> Int? { module.hasPrefix(start) ? Int(module.dropFirst(start.count)) : nil }
    if let layer = layer(vision) { return (Site(.vision, layer: layer, .output), .all) }
    if module == projector { return (Site(.projector, .output), .image) }
    if let layer = layer(prefix) { return (Site(.decoder, layer: layer, .output), .prefix(length)) }
    if let layer = layer(suffix) { return (Site(.decoder, layer: layer, .output), .suffix(length)) }
    return nil
  }

  private static func isPart(_ module: String) -> Bool {
    let starts = [vision, projector + ".", prefix, suffix]
    return starts.contains { module.hasPrefix($0) || module == String($0.dropLast()) }
  }

  private static func edit(
    at place: ForeignPlace, on tokens: TokenSelector, _ state: TorchField, _ module: String
  ) throws -> ForeignEdit {
    let raw = try state["rotate_layer.weight"].tensor(axes: ["model", "rank"]).to(.f32)
    let source = try state["learned_source.weight"].tensor(axes: ["rank", "model"]).to(.f32)
    let bias = try state["learned_source.bias"].tensor(axes: ["rank"]).to(.f32)
    return ForeignEdit(
      at: place, on: tokens, "editor", [OperatorArgument("rank", .integer(raw.axes[1].size))],
      parameters: [
        ForeignEdit.Parameter("R", try raw.transpose("model", "rank"), from: "\(module).rotate_layer.weight"),
        ForeignEdit.Parameter("W", source, from: "\(module).learned_source.weight"),
        ForeignEdit.Parameter("b", bias, from: "\(module).learned_source.bias"),
      ])
  }

  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    var modules: [(key: String, value: TorchFile.Content)] = []
    var lengths: Set<Int> = []
    for edit in intervention.edits {
      for own in edit.binding ?? [] {
        let name = try module(of: own.site, edit, &lengths, path)
        func tensor(_ parameter: String) throws -> Tensor {
          guard let found = own.parameters.first(where: { $0.name == parameter }) else {
            throw refusal(path, edit, "it has no parameter \(parameter)")
          }
          return found.tensor
        }
        modules.append(
          (
            name,
            .dictionary([
              ("rotate_layer.weight", .tensor(try tensor("R").to(.f32).transpose("rank", "model"))),
              ("learned_source.weight", .tensor(try tensor("W").to(.bf16))),
              ("learned_source.bias", .tensor(try tensor("b").to(.bf16))),
            ])
          ))
      }
    }
    guard Set(modules.map(\.key)).count == modules.count else {
      throw refusal(path, intervention.edits[0], "two editors would have the same module")
    }
    try TorchFile.write(.dictionary(modules), to: path)
    let notes = ["W and b are kept in bf16, as MRT loads them"]
    return lengths.isEmpty
      ? notes
      : notes + ["its files do not hold how many tokens are edited; give MRT --intervention_len \(lengths.sorted()[0])"]
  }

  private static func module(of site: Site, _ edit: Edit, _ lengths: inout Set<Int>, _ path: String) throws -> String {
    switch (site.stack, site.layer, site.point, edit.tokens) {
    case (.vision, let layer?, .output, .all): return "\(vision)\(layer)"
    case (.projector, nil, .output, .image), (.projector, nil, .output, .all): return projector
    case (.decoder, let layer?, .output, .prefix(let count)):
      lengths.insert(count)
      return "\(prefix)\(layer)"
    case (.decoder, let layer?, .output, .suffix(let count)):
      lengths.insert(count)
      return "\(suffix)\(layer)"
    default:
      throw refusal(
        path, edit,
        "MRT has editors at .vision.layers[i].output on .all, .projector.output on .image, and .layers[i].output on "
          + ".prefix(n) and .suffix(n)")
    }
  }
}
