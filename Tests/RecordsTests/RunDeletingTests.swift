import Figures
import GRDB
import Testing

@testable import Records

@Suite struct RunDeletingTests {
  private let folder: TestFolder
  private let store: RunStore

  init() throws {
    folder = try TestFolder()
    store = try RunStore(folder: folder.path)
  }

  /// A run with everything, of a process that is gone where it has no end.
  private func add(_ text: String = "a", used: String? = nil, started: Double = 0, isOver: Bool = true) throws -> Int {
    var process = RunProcess.current
    process.start += 1
    var subject = RunSubject.sample
    subject.script = RunScript(name: "a.steer", text: text)
    subject.used = used.map { [RunScript(name: "lib.steer", text: $0)] } ?? []
    let id = try store.begin(subject, by: process, program: "", now: started)
    guard isOver else { return id }
    let table = try Figures.Table(columns: [Column("a", [1])])
    let end = RunEnd(.finished, metrics: [RunMetric("a", 1)], tables: [RunTable("t", table)])
    try store.end(id, end, data: [], steps: nil, now: started + 1)
    try store.wrote(RunFile(path: "/tmp/x", bytes: 1), of: id, now: 0)
    return id
  }

  private func count(_ table: String) throws -> Int? {
    try store.queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
  }

  @Test func nothingOfThemIsLeft() throws {
    let ids = [try add("one", used: "lib"), try add("two", used: "lib"), try add("two")]
    #expect(try count("source") == 3)
    #expect(try store.delete([ids[0], ids[0]]) == [ids[0]])
    // The text that another run uses stays, as does what the others are.
    #expect(try count("source") == 2 && count("metric") == 2 && count("result") == 2 && count("file") == 2)
    #expect(try store.run(ids[1]).subject.used == [RunScript(name: "lib.steer", text: "lib")])
    #expect(throws: RunError.noRun(ids[0], known: ids[2])) { try store.run(ids[0]) }
    #expect(try store.delete([-2, -1]) == [ids[1], ids[2]])
    #expect(try ["run", "source", "metric", "result", "file"].allSatisfy { try count($0) == 0 })
    #expect(try add() == ids[2] + 1, "a number is given out twice")
  }

  @Test func allOrNone() throws {
    let first = try add()
    #expect(throws: RunError.noRun(9, known: first)) { try store.delete([first, 9]) }
    let living = try store.begin(.sample, by: .current, program: "", now: Moment.now)
    #expect(throws: RunError.isRunning(living)) { try store.delete([first, living]) }
    #expect(try store.list().map(\.id) == [first, living])
  }

  /// A record that cannot be read is one to delete.
  @Test func unreadableOnesCanGo() throws {
    let (first, broken) = (try add(), try add())
    try store.queue.write { try $0.execute(sql: "UPDATE run SET data = 'x' WHERE id = ?", arguments: [broken]) }
    #expect(throws: RunError.self) { try store.list() }
    #expect(try store.delete([broken]) == [broken])
    #expect(try store.list().map(\.id) == [first])
  }

  @Test func selectionsAreOfRunsThatAreOver() throws {
    let day = try #require(Moment.start(ofDay: "2026-03-01"))
    let early = try add(started: day - 1)
    let late = try add(started: day)
    let dead = try add(started: day - 1, isOver: false)
    let lateDead = try add(started: day, isOver: false)
    let living = try store.begin(.sample, by: .current, program: "", now: day - 1)
    func chosen(_ selection: RunSelection) throws -> [Int] { try store.list().filter(selection.contains).map(\.id) }
    #expect(try chosen(RunSelection()) == [early, late, dead, lateDead])
    #expect(try chosen(RunSelection(before: "2026-03-01")) == [early, dead])
    #expect(try chosen(RunSelection(isUnfinished: true)) == [dead, lateDead])
    #expect(try chosen(RunSelection(isUnfinished: true, before: "2026-03-01")) == [dead])
    #expect(try store.run(living).status == .running)
  }

  @Test(arguments: ["2026-02-31", "2026-13-01", "2026-00-10", "2026-3-1", "yesterday", "", "2026-03-01 ", "+026-03-01"])
  func whatIsNoDayIsSaid(_ text: String) {
    #expect(throws: RunError.noDay(text)) { try RunSelection(before: text) }
  }

  @Test func daysBeginWhereTheUserLives() throws {
    #expect(Moment.local(try #require(Moment.start(ofDay: "2024-02-29"))) == "2024-02-29 00:00:00")
  }
}
