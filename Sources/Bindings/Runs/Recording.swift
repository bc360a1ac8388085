import Figures
import Interpreter
import Interventions
import Records

extension NativeTable {
  /// Lets the calls that docs/runs.md names leave records. Put last, around the bodies that are there.
  mutating func addRecording(_ bench: Workbench) {
    for name in ["train", "learn", "sweep", "evaluate"] {
      guard let body = self[name] else { continue }
      self[name] = { call in try bench.recording(call) { try body(call) } }
    }
    // What a sweep's block looks at is the sweep's data.
    for name in ["accuracy", "collapse", "compare", "measure"] {
      guard let body = self[name] else { continue }
      self[name] = { call in
        bench.noteData(of: call)
        return try body(call)
      }
    }
    if let save = self["save"] {
      self["save"] = { call in
        let value = try save(call)
        if let path = call.value("path").stringValue { bench.records.wrote(path, of: call.value("value").object) }
        return value
      }
    }
  }
}

extension Workbench {
  /// Runs `body` and keeps a record of it, unless it is a part of what is recorded already.
  func recording(_ call: NativeCall, _ body: () throws -> Value) throws -> Value {
    guard records.isReady else {
      noteData(of: call)
      return try body()
    }
    noted = []
    let before = unfinished?.history
    records.begin(RunSubject(call, self))
    do {
      let value = try body()
      let isStopped = call.session.interruption.count > 0
      let (metrics, tables) = call.outcome(value)
      records.end(
        RunEnd(isStopped ? .interrupted : .finished, metrics: metrics, tables: tables), files: call.writtenFiles,
        value: value.object)
      return value
    } catch {
      let found = ScriptError(error)
      if [.badArgument, .badCall].contains(found.code), !records.hasProgress {
        // It never began.
        records.forget()
      } else {
        // What this training had learned when it was stopped, not one before it.
        let stopped = unfinished.flatMap { $0.history == before ? nil : $0 }
        let (metrics, tables) = stopped.map { call.outcome(of: $0) } ?? ([], [])
        records.end(
          RunEnd(
            found.isInterruption ? .interrupted : .failed, metrics: metrics, tables: tables,
            error: found.isInterruption ? nil : found.message), files: call.writtenFiles)
      }
      throw error
    }
  }

  /// Adds the data of a call inside a recorded one to that one's, each once.
  fileprivate func noteData(of call: NativeCall) {
    // A block that makes its data anew for every point has shown by now what it looks at.
    guard records.isRecording, noted.count < 200 else { return }
    for (parameter, value) in call.dataArguments {
      guard let object = value.object else { continue }
      let set = object as? DataSetObject
      let key = DataKey(object: ObjectIdentifier(set?.root ?? object), range: set?.range ?? 0..<0)
      guard noted.insert(key).inserted else { continue }
      records.note(RunData(parameter, value, in: call.session, self))
    }
  }
}

/// Which data a run has noted: an object, and of a data set the part.
struct DataKey: Hashable {
  let object: ObjectIdentifier
  let range: Range<Int>
}

extension NativeCall {
  /// What the call itself has written, as its arguments say.
  fileprivate var writtenFiles: [String] {
    ["to", "checkpoint", "answers"].filter { name in signature.parameters.contains { $0.name == name } }
      .compactMap { value($0).stringValue }
  }

  /// What a recorded call has come to, as numbers and tables.
  fileprivate func outcome(_ value: Value) -> ([RunMetric], [RunTable]) {
    switch value {
    case .int, .float, .bool:
      return ([RunMetric(name == "evaluate" ? "accuracy" : "value", value.number ?? .nan)], [])
    case .object(let object as InterventionObject):
      return object.training.map(outcome) ?? ([], [])
    case .object(let object as TableObject):
      let grid = (try? record("grid"))?.names ?? []
      var metrics = [RunMetric("points", Double(object.table.rowCount))]
      for column in object.table.columns where column.isNumeric && !grid.contains(column.name) {
        let values = column.cells.compactMap { Value($0).doubleValue }.filter(\.isFinite)
        guard let least = values.min(), let most = values.max() else { continue }
        metrics +=
          least == most
          ? [RunMetric(column.name, least)]
          : [RunMetric("least_\(column.name)", least), RunMetric("greatest_\(column.name)", most)]
      }
      return (metrics, [RunTable("points", object.table)])
    case .object(let object): return parts(of: object)
    case .null: return ([], [])
    }
  }

  /// The numbers and tables among a value's members. Larger tables are in the files that the script writes.
  private func parts(of object: Object) -> ([RunMetric], [RunTable]) {
    var (metrics, tables): ([RunMetric], [RunTable]) = ([], [])
    for name in object.memberNames.prefix(100) {
      guard let value = try? object.member(name, in: session) else { continue }
      if let number = value.number { metrics.append(RunMetric(name, number)) }
      guard let table = (value.object as? TableObject)?.table, table.rowCount <= 5000 else { continue }
      tables.append(RunTable(name, table))
      if name == "metrics" { metrics += Self.metrics(of: table) }
    }
    return (metrics, tables)
  }

  /// A table of metrics, a row for each part of what was measured: `accuracy`, or `adversarial accuracy` of several parts.
  private static func metrics(of table: Table) -> [RunMetric] {
    guard table.rowCount * table.columns.count <= 500 else { return [] }
    let parts = table.columns.first { !$0.isNumeric }
    return (0..<table.rowCount).flatMap { row in
      table.columns.filter(\.isNumeric).compactMap { column -> RunMetric? in
        guard let number = Value(column.cells[row]).doubleValue else { return nil }
        let part = table.rowCount > 1 ? parts.map { $0.cells[row].text + " " } ?? "\(row) " : ""
        return RunMetric(part + column.name, number)
      }
    }
  }

  fileprivate func outcome(of trained: TrainedIntervention) -> ([RunMetric], [RunTable]) {
    let history = trained.history
    var metrics = [RunMetric("steps", Double(trained.step))]
    if let first = history.losses.first, let last = history.losses.last {
      metrics += [RunMetric("first_loss", Double(decimal: first)), RunMetric("last_loss", Double(decimal: last))]
    }
    if let found = history.heldOut.last {
      metrics.append(RunMetric("held_out_loss", Double(decimal: found.loss)))
      if let accuracy = found.accuracy { metrics.append(RunMetric("held_out_accuracy", Double(decimal: accuracy))) }
    }
    return (metrics, (try? history.table()).map { [RunTable("history", $0)] } ?? [])
  }
}

extension Value {
  /// A number, or a truth value as 0 or 1.
  fileprivate var number: Double? {
    if case .bool(let value) = self { return value ? 1 : 0 }
    return doubleValue
  }
}
