import Figures
import Foundation
import GRDB
import Testing

@testable import Records

/// A folder that goes with the test.
final class TestFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-runs-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var database: String { "\(path)/runs.sqlite" }
}

extension RunSubject {
  static let sample = RunSubject(
    kind: "train", script: RunScript(name: "tilt.steer", text: "let a = 1\ntrain(a)\n"),
    used: [RunScript(name: "lib.steer", text: "fn f(x) = x\n")], call: "train(a)", line: 2,
    inputs: [RunSetting("lr", "0.0002"), RunSetting("name", "\"é ' \\\" \n\"")], settings: [RunSetting("steps", "400")],
    seed: 42,
    model: RunModel(name: "minivlm", fingerprint: "llava 6×96/0/1", interventions: [".layers[0].output => scale(2)"]),
    data: [RunData(parameter: "on", name: "vqa.train", count: nil, fingerprint: "00ff")], folder: "/tmp")
}

@Suite struct RunStoreTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func table() throws -> Figures.Table {
    try Figures.Table(columns: [
      Column("step", [1, 2]), Column("loss", [.float(0.1), .float(.nan)]), Column("note", ["1", .missing]),
    ])
  }

  @Test func keepsEverything() throws {
    let store = try RunStore(folder: folder.path)
    let id = try store.begin(.sample, by: .current, program: "steersh 1", now: 1000)
    #expect(try store.run(id).status == .running)
    try store.seen(id, Run.Steps(done: 3, total: 400), now: 1005)
    #expect(try store.run(id).steps == Run.Steps(done: 3, total: 400))
    #expect(try store.run(id).seconds == 5)
    let metrics = [RunMetric("last_loss", 0.25), RunMetric("odd", .nan), RunMetric("large", .infinity)]
    let end = RunEnd(.finished, metrics: metrics, tables: [RunTable("history", try table())])
    try store.end(id, end, data: RunSubject.sample.data, steps: Run.Steps(done: 400, total: 400), now: 1010)
    try store.wrote(RunFile(path: "/tmp/a", bytes: 3), of: id, now: 1011)
    try store.wrote(RunFile(path: "/tmp/a", bytes: 4), of: id, now: 1012)
    // Read by another connection, as another process would.
    let run = try #require(try RunStore.reading(folder: folder.path)).run(-1)
    #expect(run.id == id && run.status == .finished && run.seconds == 10)
    #expect(run.subject == .sample)
    #expect(run.process == .current && run.program == "steersh 1" && run.format == RunSchema.format)
    #expect(run.metrics.map(\.name) == ["last_loss", "odd", "large"])
    #expect(run.metrics[0].value == 0.25 && run.metrics[1].value.isNaN && run.metrics[2].value == .infinity)
    #expect(run.tables.map(\.name) == ["history"])
    #expect(run.tables[0].table["note"] == (try table())["note"])
    #expect(run.files == [RunFile(path: "/tmp/a", bytes: 4)])
  }

  @Test func namesWhatIsNotThere() throws {
    #expect(try RunStore.reading(folder: folder.path) == nil)
    let store = try RunStore(folder: "\(folder.path)/a/b")
    #expect(throws: RunError.noRuns) { try store.run(1) }
    let id = try store.begin(.sample, by: .current, program: "", now: 0)
    #expect(throws: RunError.noRun(7, known: id)) { try store.run(7) }
    #expect(throws: RunError.noRun(-2, known: id)) { try store.run(-2) }
    #expect("\(RunError.noRun(7, known: 1))" == "there is no run 7; the last one is 1")
  }

  /// A record without an end is of a process that lives, or unfinished.
  @Test func tellsTheDeadFromTheLiving() throws {
    let store = try RunStore(folder: folder.path)
    func status(_ process: RunProcess, seen: Double = Moment.now) throws -> RunStatus {
      try store.run(store.begin(.sample, by: process, program: "", now: seen)).status
    }
    var other = RunProcess.current
    #expect(try status(other) == .running)
    other.start += 1
    #expect(try status(other) == .unfinished, "the number was given out again")
    other = .current
    // 2²² is the most that Linux gives out.
    other.id = 1 << 22 + 1
    #expect(try status(other) == .unfinished)
    other = .current
    other.boot = "another"
    #expect(try status(other) == .unfinished, "the machine was started again")
    other.host = "elsewhere"
    #expect(try status(other) == .running)
    #expect(try status(other, seen: Moment.now - 90_000) == .unfinished, "a day without a sign of life")
    other = .current
    other.namespace = "pid:[1]"
    #expect(try status(other) == .running, "another container's processes cannot be seen")
  }

  @Test func leavesDamagedFilesAlone() throws {
    let bytes = Data("this is no database, whatever it is called; it goes on for a while".utf8)
    try bytes.write(to: URL(fileURLWithPath: folder.database))
    let failure = #expect(throws: RunError.self) { _ = try RunStore(folder: folder.path) }
    #expect(
      "\(try #require(failure))".hasPrefix(
        "\(folder.database) is damaged (file is not a database) and was left as it is"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == bytes)
  }

  /// Damage anywhere in a real file is an error that names the file, or does not show in what is read; never a trap.
  @Test func survivesDamageAnywhere() throws {
    do {
      let store = try RunStore(folder: folder.path)
      for _ in 0..<20 {
        let id = try store.begin(.sample, by: .current, program: "", now: 0)
        let end = RunEnd(.finished, metrics: [RunMetric("a", 1)], tables: [RunTable("t", try table())])
        try store.end(id, end, data: [], steps: nil, now: 1)
      }
      try store.queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    #expect(whole.count > 8192)
    var refused = 0
    var random = SystemRandomNumberGenerator()
    for round in 0..<160 {
      var damaged = whole
      let start = whole.count * (round / 2) / 80
      if round.isMultiple(of: 2) {
        for place in start..<min(start + 40, whole.count) {
          damaged[place] = UInt8(truncatingIfNeeded: place &* 31 &+ round)
        }
      } else {
        // A letter of the tables' own text, on the first page.
        let place = Int.random(in: 1000..<4096, using: &random)
        damaged[place] = UInt8.random(in: .min ... .max, using: &random)
      }
      try damaged.write(to: URL(fileURLWithPath: folder.database))
      for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + end) }
      do {
        let store = try RunStore(folder: folder.path)
        for run in try store.list() { _ = try store.run(run.id).card(on: Terminal()) }
      } catch {
        refused += 1
        if case .noRuns = error { continue }
        #expect("\(error)".contains("run"), "\(error) (round \(round))")
      }
    }
    #expect(refused > 10)
  }

  /// A file in a folder that nobody may write is read, whatever the folder is called; nothing is made beside it.
  @Test func readsWhatCannotBeWritten() throws {
    let odd = "\(folder.path)/a b?c=1%20#é"
    let id = try RunStore(folder: odd).begin(.sample, by: .current, program: "", now: 0)
    let store = try RunStore(unwritable: "\(odd)/runs.sqlite")
    #expect(try store.run(id).subject == .sample)
    #expect(try FileManager.default.contentsOfDirectory(atPath: odd) == ["runs.sqlite"])
    #expect(throws: RunError.self) { try store.begin(.sample, by: .current, program: "", now: 0) }
  }

  @Test func refusesNewerFiles() throws {
    var newer = RunSchema.migrator
    newer.registerMigration("999") { try $0.execute(sql: "CREATE TABLE later (a)") }
    _ = try RunStore(folder: folder.path, migrator: newer)
    #expect(throws: RunError.newer(path: folder.database)) { _ = try RunStore(folder: folder.path) }
    let kept = try RunStore(folder: folder.path, migrator: newer)
    #expect(try kept.queue.read { try $0.tableExists("later") })
  }

  /// A step that comes later changes the tables and keeps what is in them.
  @Test func migratesOlderFiles() throws {
    let id = try RunStore(folder: folder.path).begin(.sample, by: .current, program: "", now: 0)
    var newer = RunSchema.migrator
    newer.registerMigration("2") { try $0.execute(sql: "ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT 'none'") }
    let store = try RunStore(folder: folder.path, migrator: newer)
    #expect(try store.run(id).subject == .sample)
    #expect(try store.queue.read { try String.fetchOne($0, sql: "SELECT note FROM run") } == "none")
  }

  /// The first version's file, as it was written: it must open for ever.
  @Test func opensTheFirstVersion() throws {
    let old = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/runs/version-1.sqlite")
    if ProcessInfo.processInfo.environment["STEERSH_RECORD_RUNS"] != nil {
      let made = try RunStore(folder: folder.path)
      let id = try made.begin(.sample, by: .current, program: "steersh 0.1.0", now: 1_000_000)
      let end = RunEnd(.finished, metrics: [RunMetric("last_loss", 0.5)], tables: [RunTable("history", try table())])
      try made.end(id, end, data: RunSubject.sample.data, steps: nil, now: 1_000_010)
      try made.queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA journal_mode = DELETE; VACUUM")
      }
      try FileManager.default.createDirectory(at: old.deletingLastPathComponent(), withIntermediateDirectories: true)
      try? FileManager.default.removeItem(at: old)
      try FileManager.default.copyItem(atPath: folder.database, toPath: old.path)
      return
    }
    try FileManager.default.copyItem(atPath: old.path, toPath: folder.database)
    let run = try RunStore(folder: folder.path).run(1)
    #expect(run.subject == .sample)
    #expect(run.metrics == [RunMetric("last_loss", 0.5)])
    #expect(run.tables.count == 1)
  }

  @Test func severalConnectionsWriteAtOnce() async throws {
    let path = folder.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let store = try RunStore(folder: path)
          for _ in 0..<20 {
            let id = try store.begin(.sample, by: .current, program: "", now: 0)
            try store.end(id, RunEnd(.finished), data: [], steps: nil, now: 1)
          }
        }
      }
      try await group.waitForAll()
    }
    let runs = try RunStore(folder: folder.path).list()
    #expect(runs.count == 120 && runs.allSatisfy { $0.status == .finished })
    #expect(Set(runs.map(\.id)).count == 120)
  }
}
