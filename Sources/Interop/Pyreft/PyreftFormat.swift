import Checkpoints
import Interventions
import Models

/// Folders of pyreft 0.1 and pyvene 0.1: `config.json` and an `intkey_….bin` for each intervention.
///
/// The files do not hold on which tokens the interventions act: whoever runs them says it with each prompt.
public enum PyreftFormat: ForeignFormat {
  public static let name = "pyreft"
  public static let title = "pyreft / pyvene folder"
  public static let options = [ForeignOption("tokens", "the prompt tokens to act on")]
  public static let operators = ["loreft", "mores", "noreft", "direft", "consreft", "lobireft", "nodireft"]

  static let config = "config.json"
  /// Where a trainer's checkpoints keep the interventions, without a configuration.
  private static let checkpoint = "intervenable_model"

  public static func recognises(_ source: ForeignSource) throws -> Bool {
    guard let folder = source.folder else { return false }
    if folder.files.contains(where: { $0.hasPrefix("intkey_") }) || folder.contains(checkpoint) { return true }
    guard folder.contains(config), let field = try? Field(folder.bytes(of: config)) else { return false }
    return field["representations"].exists && field["intervention_types"].exists
  }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    guard let folder = source.folder else { throw CheckpointError(source.path, .file(.notFolder(expected: title))) }
    guard folder.contains(config) else {
      throw InteropError(
        source.path,
        .unsupported(
          what: "a checkpoint of pyreft's trainer",
          reason:
            "it has no config.json, so nothing says at which layers and by which classes it acts; load it in Python "
            + "into the model that was trained and save it with reft_model.save(folder)"))
    }
    let field = try Field(folder.bytes(of: config))
    let representations = try field["representations"].array()
    let types = try typeNames(field["intervention_types"], count: representations.count)
    let tokens = options.tokens ?? .last
    var counters: [String: Int] = [:]
    var edits: [ForeignEdit] = []
    var unmapped: [ForeignFile.Unmapped] = []
    var parts: [PyreftColumns] = []
    for (index, own) in representations.enumerated() {
      let representation = try PyreftRepresentation(own)
      let file = try representation.file(in: folder, &counters)
      let isConstant =
        field["intervention_constant_sources"].exists
        ? try field["intervention_constant_sources"][index].bool(or: false) : false
      do {
        let kind = try PyreftClass(types[index], isConstant: isConstant)
        let place = try representation.place()
        let edit = try kind.edit(at: place, on: tokens, file: file, in: folder)
        let columns = field["intervention_dimensions"][index]
        if kind.actsByColumns, columns.exists {
          let part = PyreftColumns(place: place, kind: types[index], count: try columns.integer(in: 1...))
          try part.check(edit.vectorWidth)
          parts.append(part)
        }
        edits.append(edit)
      } catch let problem as PyreftRefusal {
        unmapped.append(ForeignFile.Unmapped("\(representation) \(types[index])", problem.reason))
      }
    }
    let (path, asked) = (source.path, parts)
    return ForeignFile(
      path: path, title: title, madeFor: modelName(try field["model_type"].string(or: "")), edits: edits,
      choices: [
        ForeignChoice(
          "tokens", tokens.description, isDefault: options.tokens == nil,
          "its files do not say; pyreft's examples act on the last token of the prompt")
      ],
      notes: ["pyreft keeps neither act_fn nor dropout in its files; here, as in pyreft's own load, there are none"],
      unmapped: unmapped, requirement: { configuration in try asked.forEach { try $0.check(configuration, path) } })
  }

  /// One name for all, or one for each: `<class 'pyreft.interventions.LoreftIntervention'>`.
  private static func typeNames(_ field: Field, count: Int) throws -> [String] {
    func short(_ text: String) -> String {
      let name = text.split(separator: "'").dropFirst().first.map(String.init) ?? text
      return name.split(separator: ".").last.map(String.init) ?? name
    }
    if case .string(let one) = field.value { return Array(repeating: short(one), count: count) }
    let names = try field.strings().map(short)
    guard names.count == count else { throw field.mustBe("\(count) names, one for each of the representations") }
    return names
  }

  /// `LlamaForCausalLM` of `<class 'transformers.models.llama.modeling_llama.LlamaForCausalLM'>`.
  private static func modelName(_ text: String) -> String {
    let name = text.split(separator: "'").dropFirst().first ?? Substring(text)
    return name.split(separator: ".").last.map(String.init) ?? ""
  }
}

/// How many of a row's first numbers an intervention of pyvene changes; the operators here change all of them.
private struct PyreftColumns: Sendable {
  let place: ForeignPlace
  let kind: String
  let count: Int

  /// - Parameter width: how many numbers its constant has; nil where it has none.
  func check(_ width: Int?) throws {
    if let width, count < width { throw PyreftRefusal(reason: reason(width)) }
  }

  /// The same for one without a constant, at its place in a model.
  func check(_ configuration: ModelConfiguration, _ path: String) throws {
    // A place that the model does not have is another error's to tell.
    let site: Site? =
      switch place {
      case .site(let site, _): site
      case .named(let name, _): try? Site(named: name, in: configuration)
      }
    guard let site, let width = SiteCatalog(configuration)[site]?.width, count < width else { return }
    throw InteropError(path, .unsupported(what: "\(place.name) \(kind)", reason: reason(width)))
  }

  private func reason(_ width: Int) -> String {
    "intervention_dimensions says that it changes the first \(count) numbers of a row of \(width), which no operator here does"
  }
}

extension ForeignEdit {
  /// How many numbers the vector has that is its argument.
  fileprivate var vectorWidth: Int? {
    for case .tensor(let tensor) in arguments.map(\.value) { return tensor.count }
    return nil
  }
}

/// Why one of several interventions cannot be taken over; the others can.
struct PyreftRefusal: Error {
  let reason: String
}
