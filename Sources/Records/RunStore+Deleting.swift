import GRDB

/// Which runs: those that are over, by what they came to and when they began.
public struct RunSelection: Sendable, Equatable {
  /// Only those without an end whose process is gone.
  public var isUnfinished: Bool
  /// Only those that began before this, in seconds since 1970.
  public var before: Double?

  /// - Parameter day: `2026-11-21`; only runs that began before that day did, where the user lives.
  /// - Throws: `RunError.noDay`.
  public init(isUnfinished: Bool = false, before day: String? = nil) throws(RunError) {
    self.isUnfinished = isUnfinished
    guard let day else { return }
    guard let start = Moment.start(ofDay: day) else { throw .noDay(day) }
    before = start
  }

  public func contains(_ run: Run) -> Bool {
    guard run.status != .running else { return false }
    return (!isUnfinished || run.status == .unfinished) && before.map { run.started < $0 } ?? true
  }
}

extension RunStore {
  /// Deletes runs, all of them or none, and the texts of scripts that no other run has. Files that they wrote stay.
  ///
  /// Numbers are not given out again.
  ///
  /// - Parameter ids: as `run(_:)` takes them.
  /// - Returns: the numbers of what was deleted, each once.
  /// - Throws: `RunError.noRun`, `.noRuns`; `.isRunning` for one whose process lives.
  @discardableResult public func delete(_ ids: [Int]) throws(RunError) -> [Int] {
    var found: [Int] = []
    for id in ids {
      let number = try endedRun(id)
      if !found.contains(number) { found.append(number) }
    }
    let wanted = found
    try writing { db in
      for id in wanted { try Self.remove(id, from: db) }
      // `used` names the texts of other files by their hashes.
      try db.execute(
        sql: """
          DELETE FROM source WHERE hash NOT IN (SELECT source FROM run)
            AND NOT EXISTS (SELECT 1 FROM run WHERE instr(run.used, source.hash) > 0)
          """)
    }
    return wanted
  }

  /// The number of a run that is over, or that cannot be read.
  private func endedRun(_ id: Int) throws(RunError) -> Int {
    do throws(RunError) {
      let run = try run(id)
      guard run.status != .running else { throw .isRunning(run.id) }
      return run.id
    } catch {
      if case .malformed(_, let number, _) = error { return number }
      throw error
    }
  }

  /// Takes a run back that has not come to anything.
  func remove(_ id: Int) throws(RunError) { try writing { db in try Self.remove(id, from: db) } }

  private static func remove(_ id: Int, from db: Database) throws {
    for table in ["metric", "result", "file"] {
      try db.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [id])
    }
    try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [id])
  }
}
