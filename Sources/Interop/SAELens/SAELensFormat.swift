import Checkpoints
import Interventions
import Models
import Tensors

/// Dictionaries of SAELens as feature steering: a feature's direction is added, or the feature is set to a value.
public enum SAELensFormat: ForeignFormat {
  public static let name = "saelens"
  public static let title = "SAELens dictionary"
  public static let options = [
    ForeignOption("tokens", "the tokens to act on"),
    ForeignOption("feature", "the number of a feature, or a list of them"),
    ForeignOption("strength", "how much of each feature's direction is added"),
    ForeignOption(
      "set", "the value, or values, that the features become: they are encoded, set, and the difference decoded"),
  ]

  public static let operators = ["set_features"]

  public static func recognises(_ source: ForeignSource) throws -> Bool {
    source.contains(SAELensDictionary.configuration) && source.contains(SAELensDictionary.weights)
  }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    guard let folder = source.folder else { throw CheckpointError(source.path, .file(.notFolder(expected: title))) }
    let dictionary = try SAELensDictionary(folder)
    let tokens = options.tokens ?? .union(.all, .generated)
    let chosen = try features(options, of: dictionary, source.path)
    let values = try numbers("set", options, count: chosen?.count, source.path)
    let strengths = try numbers("strength", options, count: chosen?.count, source.path)
    guard values == nil || strengths == nil else {
      throw InteropError(
        source.path,
        .option(name: "strength", expected: "absent beside `set`; a feature is added or set", found: "both"))
    }
    let place = ForeignPlace.named(dictionary.hook, likely: SAELensHook.site(dictionary.hook))
    var choices = [
      ForeignChoice(
        "tokens", tokens.description, isDefault: options.tokens == nil,
        "a dictionary does not say; SAELens encodes every token")
    ]
    guard let chosen else {
      return ForeignFile(
        path: source.path, title: title, madeFor: dictionary.modelName, edits: [], choices: choices,
        notes: [
          "\(dictionary.features) features of `\(dictionary.hook)`, \(dictionary.width) wide, \(dictionary.architecture.rawValue); choose "
            + "with options: (feature: 12, strength: 4), or set: 4"
        ] + dictionary.notes,
        unmapped: [
          .init(
            "the dictionary as a whole", "it steers by features that are chosen: options: (feature: …, strength: …)")
        ], copy: (name, { try dictionary.write(to: $0) }))
    }
    choices.append(ForeignChoice("feature", listing(chosen.map(String.init)), isDefault: false, ""))
    let edit: ForeignEdit
    if let values {
      let rows = try dictionary.rows(chosen, axis: place.site?.point == .mlpHidden ? "hidden" : "model")
      choices.append(ForeignChoice("set", listing(values.map { "\($0)" }), isDefault: false, ""))
      edit = ForeignEdit(
        at: place, on: tokens, "set_features",
        [
          OperatorArgument("encoder", .tensor(rows.encoder)), OperatorArgument("decoder", .tensor(rows.decoder)),
          OperatorArgument("value", .tensor(Tensor([Axis("feature", chosen.count)], values))),
          OperatorArgument("bias", .tensor(rows.bias)), OperatorArgument("threshold", .tensor(rows.threshold)),
        ], origins: ["encoder": "W_enc", "decoder": "W_dec"])
    } else {
      let given = strengths ?? Array(repeating: 1, count: chosen.count)
      choices.append(
        ForeignChoice("strength", listing(given.map { "\($0)" }), isDefault: strengths == nil, "a dictionary has none"))
      let sum = try Tensor([Axis("feature", chosen.count)], given)
        .contract(dictionary.directions(chosen), over: ["feature"])
      edit = ForeignEdit(
        at: place, on: tokens, "add", [OperatorArgument("v", .tensor(sum), isPositional: true)], origins: ["v": "W_dec"]
      )
    }
    return ForeignFile(
      path: source.path, title: title, madeFor: dictionary.modelName, edits: [edit], choices: choices,
      notes: dictionary.notes)
  }

  private static func features(
    _ options: ForeignOptions, of dictionary: SAELensDictionary, _ file: String
  ) throws -> [Int]? {
    guard let value = options["feature"] else {
      if let other = ["set", "strength"].first(where: { options[$0] != nil }) {
        throw InteropError(
          file, .neededOption(name: "feature", reason: "`\(other)` says how much, and not of which feature"))
      }
      return nil
    }
    var numbers: [Int] = []
    let all: [ForeignOptions.Value] = if case .list(let list) = value { list } else { [value] }
    for case .integer(let number) in all where (0..<dictionary.features).contains(number) { numbers.append(number) }
    guard numbers.count == all.count, !numbers.isEmpty, Set(numbers).count == numbers.count else {
      throw InteropError(
        file,
        .option(
          name: "feature", expected: "a number from 0 to \(dictionary.features - 1), or a list of different ones",
          found: value.summary))
    }
    return numbers
  }

  /// One number for all features, or one for each.
  private static func numbers(
    _ name: String, _ options: ForeignOptions, count: Int?, _ file: String
  ) throws -> [Float]? {
    guard let value = options[name], let count else { return nil }
    func number(_ value: ForeignOptions.Value) -> Float? {
      switch value {
      case .integer(let value): Float(value)
      case .number(let value): Float(value)
      default: nil
      }
    }
    if let one = number(value), one.isFinite { return Array(repeating: one, count: count) }
    if case .list(let list) = value, list.count == count {
      let all = list.compactMap(number)
      if all.count == count, all.allSatisfy(\.isFinite) { return all }
    }
    throw InteropError(file, .option(name: name, expected: "a number, or one for each feature", found: value.summary))
  }
}
