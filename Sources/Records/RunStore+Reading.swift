import Figures
import GRDB
import Glibc

extension RunStore {
  /// All runs, the oldest first, without the texts of their scripts and without tables.
  public func list() throws(RunError) -> [Run] { try runs("ORDER BY run.id", [], isWhole: false) }

  /// The run of a number. Negative numbers count from the last one, which is -1.
  ///
  /// - Throws: `RunError.noRun`, `.noRuns`.
  public func run(_ id: Int) throws(RunError) -> Run {
    let last = try reading { db in try Int.fetchOne(db, sql: "SELECT max(id) FROM run") }
    guard let last else { throw .noRuns }
    let wanted =
      id >= 0
      ? id
      : try reading { db in
        try Int.fetchOne(db, sql: "SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?", arguments: [-(id + 1)])
      }
    guard let wanted, let run = try runs("WHERE run.id = ?", [wanted], isWhole: true).first else {
      throw .noRun(id, known: last)
    }
    return run
  }

  /// By name: a damaged file may lack one, which is an error then.
  private static let columns = [
    "id", "kind", "status", "error", "started", "ended", "seen", "done", "total", "script", "used", "call", "line",
    "inputs", "settings", "seed", "model", "data", "folder", "program", "format", "host", "boot", "namespace",
    "process",
    "process_start",
  ].map { "run.\($0)" }.joined(separator: ", ")

  private func runs(
    _ clause: String, _ arguments: StatementArguments, isWhole: Bool
  ) throws(RunError) -> [Run] {
    let path = path
    return try reading { db in
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT \(Self.columns), \(isWhole ? "source.text" : "''") AS text "
          + "FROM run LEFT JOIN source ON source.hash = run.source \(clause)", arguments: arguments)
      return try rows.map { row in
        var run = try Self.run(row, path)
        run.metrics = try Self.metrics(db, of: run.id)
        run.files = try Self.files(db, of: run.id)
        if isWhole {
          run.tables = try Self.tables(db, of: run.id, path)
          run.subject.used = try Self.used(db, row, run.id, path)
        }
        return run
      }
    }
  }

  private static func run(_ row: Row, _ path: String) throws -> Run {
    let id: Int = row["id"] ?? 0
    func field<T: DatabaseValueConvertible>(_ name: String) throws -> T {
      // A damaged file may hold anything anywhere.
      guard let value = T.fromDatabaseValue(row[name]) else {
        throw RunError.malformed(path: path, run: id, field: name)
      }
      return value
    }
    func json<T: Decodable>(_ name: String) throws -> T {
      guard let value = StoredJSON.value(T.self, try field(name)) else {
        throw RunError.malformed(path: path, run: id, field: name)
      }
      return value
    }
    let process = RunProcess(
      host: try field("host"), boot: try field("boot"), namespace: try field("namespace"), id: try field("process"),
      start: try field("process_start"))
    guard var status = RunStatus(rawValue: try field("status")) else {
      throw RunError.malformed(path: path, run: id, field: "status")
    }
    let seen: Double = try field("seen")
    if status == .running { status = RunStatus(of: process, seen: seen, now: Moment.now) }
    let done = Int.fromDatabaseValue(row["done"])
    let total = Int.fromDatabaseValue(row["total"])
    let model: RunModel? = String.fromDatabaseValue(row["model"]) == nil ? nil : try json("model")
    let subject = RunSubject(
      kind: try field("kind"), script: RunScript(name: try field("script"), text: try field("text")),
      call: try field("call"), line: try field("line"), inputs: try json("inputs"), settings: try json("settings"),
      seed: Int.fromDatabaseValue(row["seed"]), model: model, data: try json("data"), folder: try field("folder"))
    return Run(
      id: id, kind: subject.kind, status: status, started: try field("started"),
      ended: Double.fromDatabaseValue(row["ended"]), seen: seen,
      steps: done.flatMap { done in total.map { Run.Steps(done: done, total: $0) } }, subject: subject,
      process: process,
      program: try field("program"), format: try field("format"), metrics: [], tables: [], files: [],
      error: String.fromDatabaseValue(row["error"]))
  }

  private static func metrics(_ db: Database, of id: Int) throws -> [RunMetric] {
    try Row.fetchAll(db, sql: "SELECT name, value FROM metric WHERE run = ? ORDER BY place", arguments: [id]).map {
      RunMetric(String.fromDatabaseValue($0["name"]) ?? "", Double.fromDatabaseValue($0["value"]) ?? .nan)
    }
  }

  private static func files(_ db: Database, of id: Int) throws -> [RunFile] {
    let sql = "SELECT path, bytes FROM file WHERE run = ? ORDER BY written, path"
    return try Row.fetchAll(db, sql: sql, arguments: [id]).map {
      RunFile(
        path: String.fromDatabaseValue($0["path"]) ?? "", bytes: Int.fromDatabaseValue($0["bytes"]) ?? 0)
    }
  }

  private static func tables(_ db: Database, of id: Int, _ path: String) throws -> [RunTable] {
    try Row.fetchAll(db, sql: "SELECT name, csv FROM result WHERE run = ? ORDER BY place", arguments: [id]).map { row in
      guard let csv = String.fromDatabaseValue(row["csv"]), let table = try? Table(csv: Array(csv.utf8)) else {
        throw RunError.malformed(path: path, run: id, field: "result")
      }
      return RunTable(String.fromDatabaseValue(row["name"]) ?? "", table)
    }
  }

  private static func used(_ db: Database, _ row: Row, _ id: Int, _ path: String) throws -> [RunScript] {
    guard let text = String.fromDatabaseValue(row["used"]), let files = StoredJSON.value([RunSetting].self, text) else {
      throw RunError.malformed(path: path, run: id, field: "used")
    }
    return try files.map { file in
      let text = try String.fetchOne(db, sql: "SELECT text FROM source WHERE hash = ?", arguments: [file.value])
      return RunScript(name: file.name, text: text ?? "")
    }
  }

  private func reading<T>(_ body: (Database) throws -> T) throws(RunError) -> T {
    do {
      return try queue.read(body)
    } catch {
      throw RunError(error, path: path)
    }
  }
}
