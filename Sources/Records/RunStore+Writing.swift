import Figures
import GRDB

/// How a run came to its end.
public struct RunEnd: Sendable, Equatable {
  public var status: RunStatus
  public var metrics: [RunMetric]
  public var tables: [RunTable]
  public var error: String?

  public init(_ status: RunStatus, metrics: [RunMetric] = [], tables: [RunTable] = [], error: String? = nil) {
    self.status = status
    self.metrics = metrics
    self.tables = tables
    self.error = error
  }
}

extension RunStore {
  /// Keeps that a run begins.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: the run's number.
  func begin(_ subject: RunSubject, by process: RunProcess, program: String, now: Double) throws(RunError) -> Int {
    try writing { db in
      for script in [subject.script] + subject.used {
        try db.execute(
          sql: "INSERT INTO source (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING",
          arguments: [script.hash, script.text])
      }
      try db.execute(
        sql: """
          INSERT INTO run (
            kind, status, started, seen, script, source, used, call, line, inputs, settings, seed, model, data, folder,
            program, format, host, boot, namespace, process, process_start
          ) VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          subject.kind, now, now, subject.script.name, subject.script.hash,
          StoredJSON.text(subject.used.map { RunSetting($0.name, $0.hash) }), subject.call, subject.line,
          StoredJSON.text(subject.inputs), StoredJSON.text(subject.settings), subject.seed,
          subject.model.map(StoredJSON.text), StoredJSON.text(subject.data), subject.folder, program, RunSchema.format,
          process.host, process.boot, process.namespace, process.id, process.start,
        ])
      return Int(db.lastInsertedRowID)
    }
  }

  /// Keeps a sign of life.
  func seen(_ id: Int, _ steps: Run.Steps?, now: Double) throws(RunError) {
    try writing { db in
      try db.execute(
        sql: "UPDATE run SET seen = ?, done = ?, total = ? WHERE id = ?",
        arguments: [now, steps?.done, steps?.total, id])
    }
  }

  /// Keeps how a run ended.
  ///
  /// - Parameter data: all that it turned out to be about.
  func end(_ id: Int, _ end: RunEnd, data: [RunData], steps: Run.Steps?, now: Double) throws(RunError) {
    try writing { db in
      try db.execute(
        sql: "UPDATE run SET status = ?, error = ?, ended = ?, seen = ?, done = ?, total = ?, data = ? WHERE id = ?",
        arguments: [
          end.status.rawValue, end.error, now, now, steps?.done, steps?.total, StoredJSON.text(data), id,
        ])
      for (place, metric) in end.metrics.enumerated() {
        // SQLite has no NaN and takes it for nothing, which is read as NaN again.
        try db.execute(
          sql: "INSERT INTO metric (run, place, name, value) VALUES (?, ?, ?, ?)",
          arguments: [id, place, metric.name, metric.value.isNaN ? nil : metric.value])
      }
      for (place, result) in end.tables.enumerated() {
        try db.execute(
          sql: "INSERT INTO result (run, place, name, csv) VALUES (?, ?, ?, ?)",
          arguments: [id, place, result.name, result.table.csv])
      }
    }
  }

  /// Keeps that a file holds something of a run; one that is there already has been written again.
  func wrote(_ file: RunFile, of id: Int, now: Double) throws(RunError) {
    try writing { db in
      try db.execute(
        sql: """
          INSERT INTO file (run, path, bytes, written) VALUES (?, ?, ?, ?)
          ON CONFLICT (run, path) DO UPDATE SET bytes = excluded.bytes, written = excluded.written
          """,
        arguments: [id, file.path, file.bytes, now])
    }
  }

  func writing<T>(_ body: (Database) throws -> T) throws(RunError) -> T {
    do {
      return try queue.write(body)
    } catch {
      throw RunError(error, path: path)
    }
  }
}
