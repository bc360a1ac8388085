import Figures

extension Table {
  /// Runs as a table: a row for each, with its first metrics as one text.
  ///
  /// - Parameter metrics: whether each metric has a column of its own instead.
  public init(_ runs: [Run], metrics: Bool = false) {
    let names = ["id", "kind", "status", "started", "seconds", "script", "model", "data", "seed"]
    var columns = names.map { name in Column(name, runs.map { $0.cell(name) }) }
    if metrics {
      var seen: [String] = []
      for name in runs.flatMap(\.metrics).map(\.name) where !seen.contains(name) { seen.append(name) }
      for name in seen {
        let cells = runs.map { run in run.metrics.first { $0.name == name }.map { Cell.float($0.value) } ?? .missing }
        // A metric called like a column of the record keeps its name behind a word of its own.
        columns.append(Column(names.contains(name) ? "metric \(name)" : name, cells))
      }
    } else {
      let words = runs.map { run in run.metrics.map { "\($0.name) \(Run.text($0.value))" }.joined(separator: ", ") }
      columns.append(Column("metrics", words.map { $0.isEmpty ? .missing : .string($0) }))
    }
    // Their names differ and each has a cell for every run.
    self = (try? Table(columns: columns)) ?? Table(records: [[(key: String, value: Cell)]]())
  }
}

extension Run {
  fileprivate func cell(_ name: String) -> Cell {
    switch name {
    case "id": .int(id)
    case "kind": .string(kind)
    case "status": .string(status.rawValue)
    case "started": .string(Moment.local(started))
    case "seconds": .float((seconds * 100).rounded() / 100)
    case "script": .string(subject.script.name)
    case "model": subject.model.map { .string($0.name) } ?? .missing
    case "data": subject.data.first.map { .string($0.name) } ?? .missing
    case "seed": subject.seed.map { .int($0) } ?? .missing
    default: .missing
    }
  }
}

/// Two runs side by side.
public struct RunComparison: Sendable {
  /// What they were made with, where it differs: `what`, and a column for each run.
  public let differences: Table
  /// `metric`, a column for each run, and the difference.
  public let metrics: Table
  /// How the scripts differ: lines that only the first has, then lines that only the second has; empty where they are the same.
  public let script: [String]

  public init(_ a: Run, _ b: Run) {
    let (first, second) = ("run \(a.id)", a.id == b.id ? "run \(b.id) again" : "run \(b.id)")
    var rows: [[(key: String, value: Cell)]] = []
    func row(_ name: String, _ x: String?, _ y: String?) {
      guard x != y else { return }
      rows.append([
        ("what", .string(name)), (first, x.map { .string($0) } ?? .missing),
        (second, y.map { .string($0) } ?? .missing),
      ])
    }
    row("kind", a.kind, b.kind)
    row("status", a.status.rawValue, b.status.rawValue)
    row("script", a.subject.script.name, b.subject.script.name)
    row("script's sha256", String(a.scriptHash.prefix(12)), String(b.scriptHash.prefix(12)))
    row("call", Run.line(a.subject.call), Run.line(b.subject.call))
    for (word, x, y) in [
      ("input", a.subject.inputs, b.subject.inputs), ("argument", a.subject.settings, b.subject.settings),
    ] {
      for name in Self.union(x.map(\.name), y.map(\.name)) {
        row("\(word) \(name)", x.first { $0.name == name }?.value, y.first { $0.name == name }?.value)
      }
    }
    row("seed", a.subject.seed.map { "\($0)" }, b.subject.seed.map { "\($0)" })
    row("model", a.subject.model?.name, b.subject.model?.name)
    row("model's fingerprint", a.subject.model?.fingerprint, b.subject.model?.fingerprint)
    row(
      "interventions", a.subject.model.map { $0.interventions.joined(separator: ", then ") },
      b.subject.model.map { $0.interventions.joined(separator: ", then ") })
    for name in Self.union(a.subject.data.map(\.parameter), b.subject.data.map(\.parameter)) {
      func words(_ run: Run) -> String? {
        run.subject.data.first { $0.parameter == name }.map {
          "\($0.name), \($0.count.map { "\($0)" } ?? "∞") items, \($0.fingerprint ?? "no fingerprint")"
        }
      }
      row(name, words(a), words(b))
    }
    row("made by", a.program, b.program)
    differences = Table(records: rows)
    metrics = Table(
      records: Self.union(a.metrics.map(\.name), b.metrics.map(\.name)).map { name in
        let x = a.metrics.first { $0.name == name }?.value
        let y = b.metrics.first { $0.name == name }?.value
        func cell(_ value: Double?) -> Cell { value.map { .float($0) } ?? .missing }
        return [
          ("metric", .string(name)), (first, cell(x)), (second, cell(y)),
          ("difference", cell(x.flatMap { x in y.map { $0 - x } })),
        ]
      })
    script = Self.lines(a.subject.script.text, b.subject.script.text)
  }

  /// The comparison in lines for a terminal.
  public func text(on terminal: Terminal) -> String {
    var parts: [String] = []
    if metrics.rowCount > 0 { parts.append(metrics.rendered(on: terminal)) }
    parts.append(differences.rowCount > 0 ? differences.rendered(on: terminal) : "made with the same of everything")
    if !script.isEmpty { parts.append((["the scripts differ in"] + script.map { "  " + $0 }).joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  private static func union(_ a: [String], _ b: [String]) -> [String] { a + b.filter { !a.contains($0) } }

  private static func lines(_ a: String, _ b: String) -> [String] {
    let (x, y) = (a.split(separator: "\n"), b.split(separator: "\n"))
    return y.difference(from: x).map { change in
      switch change {
      case .remove(_, let line, _): "- \(Run.line(String(line)))"
      case .insert(_, let line, _): "+ \(Run.line(String(line)))"
      }
    }
  }
}
