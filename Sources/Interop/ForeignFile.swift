import Interventions
import Models
import Tensors

/// A file or a folder of another tool, read: what it holds in our terms, what had to be chosen, and what could not be mapped.
public struct ForeignFile: Sendable {
  public let path: String
  /// What a card calls the format.
  public let title: String
  /// What the file says it was made for; empty where it does not say.
  public let madeFor: String
  /// The mapped edits, in the order they act.
  public let edits: [ForeignEdit]
  /// What the file leaves open, and what it came to.
  public let choices: [ForeignChoice]
  /// Facts that a reader should know and that change nothing: "dropout 0.05 acts only in training".
  public let notes: [String]
  /// What could not be mapped, each with the reason. Never dropped silently.
  public let unmapped: [Unmapped]
  /// Reads it again for one model, where only that decides what its names mean or what its numbers come to; nil where the
  /// edits are the same for all models.
  let inModel: (@Sendable (Model) throws -> ForeignFile)?
  /// What it asks of a model beyond its sites and their widths; throws where the model does not have it.
  let requirement: (@Sendable (ModelConfiguration) throws -> Void)?
  /// Writes it again as a whole, where a file is more than its edits: by the name of its format. Gives what is not held.
  let copy: (format: String, write: @Sendable (_ path: String) throws -> [String])?

  public struct Unmapped: Sendable, Equatable {
    public let what: String
    public let reason: String

    public init(_ what: String, _ reason: String) {
      self.what = what
      self.reason = reason
    }
  }

  public init(
    path: String, title: String, madeFor: String = "", edits: [ForeignEdit], choices: [ForeignChoice] = [],
    notes: [String] = [], unmapped: [Unmapped] = [],
    requirement: (@Sendable (ModelConfiguration) throws -> Void)? = nil,
    inModel: (@Sendable (Model) throws -> ForeignFile)? = nil,
    copy: (format: String, write: @Sendable (_ path: String) throws -> [String])? = nil
  ) {
    self.path = path
    self.title = title
    self.madeFor = madeFor
    self.edits = edits
    self.choices = choices
    self.notes = notes
    self.unmapped = unmapped
    self.inModel = inModel
    self.requirement = requirement
    self.copy = copy
  }

  /// What it holds in the terms of one model.
  ///
  /// - Throws: `InteropError` for tensors that have no place in the model.
  public func resolved(for model: Model) throws -> ForeignFile { try inModel?(model) ?? self }

  /// How many numbers its parameters are.
  public var parameterCount: Int {
    edits.reduce(0) { count, edit in
      count + (edit.parameters + edit.functions.flatMap(\.parameters)).reduce(0) { $0 + $1.tensor.count }
        + edit.arguments.reduce(0) { count, argument in
          guard case .tensor(let tensor) = argument.value else { return count }
          // Of a tensor of all layers a site has one.
          let layers = tensor.axes.first { $0.name == "layer" }?.size ?? 1
          return count + tensor.count / max(layers, 1)
        }
    }
  }

  /// Edits that say the same of several places, as one each, in the order in which they act.
  ///
  /// Edits of one site keep their order: none is moved before another one of its site.
  var groups: [[ForeignEdit]] {
    var groups: [[ForeignEdit]] = []
    for edit in edits {
      let place = groups.lastIndex { $0[0].isAlike(edit) }
      let isFree =
        place.map { place in
          !groups[place...].joined().contains { $0.place.name == edit.place.name }
        } ?? false
      if let place, isFree { groups[place].append(edit) } else { groups.append([edit]) }
    }
    return groups
  }
}
