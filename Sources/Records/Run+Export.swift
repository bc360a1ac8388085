import Figures

extension Run {
  /// Everything that is kept of runs, as JSON: a list of objects. Times are UTC; what is no number is a string.
  ///
  /// - Parameter runs: read whole, with tables and the texts of scripts.
  public static func json(_ runs: [Run]) -> String {
    let objects = runs.map { RunJSON.object($0.fields, depth: 1) }
    return objects.isEmpty ? "[]\n" : "[\n  " + objects.joined(separator: ",\n  ") + "\n]\n"
  }

  private var fields: [(String, RunJSON)] {
    func settings(_ settings: [RunSetting]) -> RunJSON { .object(settings.map { ($0.name, .text($0.value)) }) }
    func script(_ script: RunScript) -> RunJSON {
      .object([("name", .text(script.name)), ("sha256", .text(script.hash)), ("text", .text(script.text))])
    }
    let model = subject.model.map { model in
      RunJSON.object([
        ("name", .text(model.name)), ("fingerprint", .text(model.fingerprint)),
        ("interventions", .list(model.interventions.map { .text($0) })),
      ])
    }
    let data = subject.data.map { data in
      RunJSON.object([
        ("argument", .text(data.parameter)), ("name", .text(data.name)),
        ("items", data.count.map { .raw("\($0)") } ?? .null), ("fingerprint", .optional(data.fingerprint)),
      ])
    }
    return [
      ("id", .raw("\(id)")), ("kind", .text(kind)), ("status", .text(status.rawValue)), ("error", .optional(error)),
      ("started", .text(Moment.universal(started))), ("ended", .optional(ended.map(Moment.universal))),
      ("seconds", .number(seconds)), ("script", script(subject.script)), ("uses", .list(subject.used.map(script))),
      ("call", .text(subject.call)), ("line", .raw("\(subject.line)")), ("inputs", settings(subject.inputs)),
      ("arguments", settings(subject.settings)), ("seed", subject.seed.map { .raw("\($0)") } ?? .null),
      ("model", model ?? .null), ("data", .list(data)),
      ("metrics", .object(metrics.map { ($0.name, .number($0.value)) })),
      (
        "tables",
        .object(tables.map { ($0.name, .raw($0.table.json.split(separator: "\n").joined(separator: "\n    "))) })
      ),
      (
        "files",
        .list(files.map { .object([("path", .text($0.path)), ("bytes", .raw("\($0.bytes)"))]) })
      ),
      ("folder", .text(subject.folder)), ("program", .text(program)), ("format", .raw("\(format)")),
      ("host", .text(process.host)), ("process", .raw("\(process.id)")),
    ]
  }
}

/// JSON to be written.
private indirect enum RunJSON {
  case null
  case raw(String)
  case text(String)
  case number(Double)
  case list([RunJSON])
  case object([(String, RunJSON)])

  static func optional(_ text: String?) -> RunJSON { text.map { .text($0) } ?? .null }

  static func object(_ fields: [(String, RunJSON)], depth: Int) -> String {
    let space = String(repeating: "  ", count: depth + 1)
    let lines = fields.map { "\(space)\(Table.quotedJSON($0.0)): \($0.1.line)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n" + String(repeating: "  ", count: depth) + "}"
  }

  var line: String {
    switch self {
    case .null: "null"
    case .raw(let text): text
    case .text(let text): Table.quotedJSON(text)
    case .number(let value):
      value.isFinite ? "\(value)" : Table.quotedJSON(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    case .list(let elements): "[" + elements.map(\.line).joined(separator: ", ") + "]"
    case .object(let fields):
      "{" + fields.map { "\(Table.quotedJSON($0.0)): \($0.1.line)" }.joined(separator: ", ") + "}"
    }
  }
}
