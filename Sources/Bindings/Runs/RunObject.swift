import Figures
import Interpreter
import Records

/// A run that is kept, as a value: `run(3).metrics.accuracy`, `run(3).table`.
final class RunObject: HostObject {
  let run: Run

  init(_ run: Run) { self.run = run }

  override var typeName: String { "run" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    func settings(_ settings: [RunSetting]) -> Value { .record(settings.map { ($0.name, .string($0.value)) }) }
    switch name {
    case "id": return .int(run.id)
    case "kind": return .string(run.kind)
    case "status": return .string(run.status.rawValue)
    case "error": return run.error.map { .string($0) } ?? .null
    case "seconds": return .float(run.seconds)
    case "script": return .string(run.subject.script.text)
    case "call": return .string(run.subject.call)
    case "inputs": return settings(run.subject.inputs)
    case "arguments": return settings(run.subject.settings)
    case "seed": return run.subject.seed.map { .int($0) } ?? .null
    case "model": return run.subject.model.map { .string($0.name) } ?? .null
    case "fingerprint": return run.subject.model.map { .string($0.fingerprint) } ?? .null
    case "data":
      return .list(
        run.subject.data.map { data in
          .record([
            ("argument", .string(data.parameter)), ("name", .string(data.name)),
            ("items", data.count.map { .int($0) } ?? .null),
            ("fingerprint", data.fingerprint.map { .string($0) } ?? .null),
          ])
        })
    case "metrics": return .record(run.metrics.map { ($0.name, .float($0.value)) })
    case "table": return run.tables.first.map { .object(TableObject($0.table)) } ?? .null
    case "files": return .list(run.files.map { .string($0.path) })
    default: return nil
    }
  }

  override var memberNames: [String] {
    [
      "id", "kind", "status", "error", "seconds", "script", "call", "inputs", "arguments", "seed", "model",
      "fingerprint",
      "data", "metrics", "table", "files",
    ]
  }

  override func isEqual(to other: Object) -> Bool { (other as? RunObject)?.run == run }

  override func rendered(_ style: RenderingStyle) -> String {
    style.form == .full
      ? run.card(on: Terminal(style)) : "run \(run.id): \(run.kind), \(run.status.rawValue)"
  }
}
