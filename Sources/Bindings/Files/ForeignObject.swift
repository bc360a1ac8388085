import Interop
import Interpreter
import Interventions
import Models
import Syntax

/// A file or a folder of another tool as a value: shown as what it holds, and given to a model with `with`.
final class ForeignObject: HostObject {
  let file: ForeignFile
  private unowned let bench: Workbench

  init(_ file: ForeignFile, _ bench: Workbench) {
    self.file = file
    self.bench = bench
  }

  override var typeName: String { "foreign file" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "tool": .string(file.title)
    case "path": .string(file.path)
    case "made_for": .string(file.madeFor)
    case "notes": .list(file.notes.map { .string($0) })
    case "unmapped": .list(file.unmapped.map { .string("\($0.what): \($0.reason)") })
    case "options": .record(file.choices.map { ($0.name, .string($0.value)) })
    default: nil
    }
  }

  override var memberNames: [String] { ["tool", "path", "made_for", "notes", "unmapped", "options"] }

  /// What can be done with an intervention can be done once a model is known.
  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard [.add, .multiply].contains(op) else { return nil }
    throw ScriptError(
      .typeMismatch,
      "\(file) has no sites before a model is known; open(\"\(file.path)\", model: m) gives its intervention for m")
  }

  override func rendered(_ style: RenderingStyle) -> String { style.form == .full ? file.card : "\(file)" }

  /// Its intervention at the sites of one model. What could not be mapped is said.
  func intervention(for model: Model, in session: Session) throws -> Intervention {
    let registry = ScriptOperators(bench, session).registry
    let file = try self.file.resolved(for: model)
    let intervention = try file.intervention(for: model.configuration, registry: registry)
    // What only the model shows.
    for note in file.notes where !self.file.notes.contains(note) { bench.notify("\(file.path): \(note)") }
    for item in file.unmapped { bench.notify("\(file.path): not mapped: \(item.what): \(item.reason)") }
    return intervention
  }
}
