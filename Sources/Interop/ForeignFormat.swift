import Checkpoints
import Interventions
import Models

/// A kind of files that another tool writes: how to know one, how to read it, and how to write it.
///
/// To add one: a type that says these things, and its name in `ForeignFormats.all`.
public protocol ForeignFormat: Sendable {
  /// What `save(…, as:)` calls it: `pyreft`.
  static var name: String { get }
  /// What a card calls it: `pyreft / pyvene folder`.
  static var title: String { get }
  /// What its files leave open.
  static var options: [ForeignOption] { get }
  /// The operators that its files can hold, by their names in the standard library; empty where it is not written.
  static var operators: [String] { get }

  /// Whether a path is one of these, told by names of files and their heads.
  static func recognises(_ source: ForeignSource) throws -> Bool

  /// - Throws: `InteropError`, `CheckpointError`.
  static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile

  /// Writes an intervention as the tool does, all or nothing.
  ///
  /// - Parameters:
  ///   - intervention: bound; its operators are among `operators`.
  ///   - model: the one it is bound to.
  ///   - path: where the file or the folder goes.
  /// - Returns: what the format does not hold and a reader of the file must be told, such as on which tokens it acts.
  static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String]
}

extension ForeignFormat {
  public static var options: [ForeignOption] { [] }
  public static var operators: [String] { [] }

  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    throw InteropError(
      path,
      .cannotHold(format: name, what: intervention.description, reason: "this format is only read", others: []))
  }

  /// An edit that this format cannot hold.
  public static func refusal(_ path: String, _ edit: Edit, _ reason: String) -> InteropError {
    let others = ForeignFormats.all.filter { $0.name != name && $0.operators.contains(edit.operation.name) }
    return InteropError(
      path,
      .cannotHold(format: name, what: edit.description, reason: reason, others: others.map { $0.name }))
  }
}

/// Every format that is known here.
public enum ForeignFormats {
  /// The first that recognises a path reads it.
  public static let all: [any ForeignFormat.Type] = [
    MoresFormat.self, PyreftFormat.self, PeftFormat.self, MRTFormat.self, LearnToSteerFormat.self,
    ControlVectorFormat.self, SAELensFormat.self, SvecFormat.self,
  ]

  /// Those that can be written.
  public static var written: [any ForeignFormat.Type] { all.filter { !$0.operators.isEmpty } }

  /// The format of a path, or nil where it is none of them.
  public static func format(of source: ForeignSource) throws -> (any ForeignFormat.Type)? {
    try all.first { try $0.recognises(source) }
  }

  /// Reads a file or a folder of another tool.
  ///
  /// - Throws: `InteropError.unrecognised`, `.unknownOption`; whatever is wrong with the file.
  public static func read(_ source: ForeignSource, _ options: ForeignOptions = ForeignOptions()) throws -> ForeignFile {
    guard let format = try format(of: source) else {
      throw InteropError(
        source.path, .unrecognised(present: source.folder?.files ?? [], known: all.map { $0.title }))
    }
    let known = format.options.map(\.name)
    let given = options.values.map(\.name) + (options.tokens == nil ? [] : ["tokens"])
    if let unknown = given.first(where: { !known.contains($0) }) {
      throw InteropError(source.path, .unknownOption(name: unknown, format: format.title, known: known))
    }
    return try format.read(source, options)
  }

  /// Writes an intervention as another tool does.
  ///
  /// - Parameter format: its name, such as `pyreft`.
  /// - Returns: what the format does not hold.
  /// - Throws: `InteropError.unknownFormat`, `.cannotHold`; `InterventionError.unbound`.
  public static func write(
    _ intervention: Intervention, of model: Model, to path: String, as format: String
  ) throws -> [String] {
    guard let chosen = written.first(where: { $0.name == format }) else {
      throw InteropError(path, .unknownFormat(name: format, known: written.map { $0.name }))
    }
    guard intervention.isBound else { throw InterventionError.unbound(intervention: intervention.description) }
    if case .scaled = intervention.node {
      throw InteropError(
        path,
        .cannotHold(
          format: format, what: intervention.description, reason: "it holds edits as they are, no share of one",
          others: []))
    }
    for edit in intervention.edits where !chosen.operators.contains(edit.operation.name) {
      throw chosen.refusal(path, edit, "it holds \(chosen.operators.joined(separator: ", "))")
    }
    return try chosen.write(intervention, of: model, to: path)
  }

  /// Writes a file of another tool again as that tool has it, where it is more than edits: a dictionary of SAELens.
  ///
  /// - Returns: what the format does not hold.
  /// - Throws: `InteropError.unknownFormat`, `.needsModel`.
  public static func write(_ file: ForeignFile, to path: String, as format: String) throws -> [String] {
    guard written.contains(where: { $0.name == format }) else {
      throw InteropError(path, .unknownFormat(name: format, known: written.map { $0.name }))
    }
    guard let copy = file.copy, copy.format == format else {
      throw InteropError(path, .needsModel(file: file.description, path: file.path, format: format))
    }
    return try copy.write(path)
  }
}
