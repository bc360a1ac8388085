import Glibc
import Testing

@testable import Shell

@Suite struct HistoryTests {
  @Test func keepsEachChunkOnce() throws {
    let shell = try Steersh()
    let path = shell.path("history.jsonl")
    let first = History(path: path)
    for chunk in ["a", "b\n\t\"\\", "b\n\t\"\\", "a", "é\u{1}"] { first.append(chunk) }
    #expect(first.entries == ["b\n\t\"\\", "a", "é\u{1}"])
    let second = History(path: path)
    #expect(second.entries == ["b\n\t\"\\", "a", "é\u{1}"])
    second.append("for this session", keeping: false)
    #expect(second.entries.last == "for this session")
    #expect(History(path: path).entries.count == 3)
  }

  @Test func sessionsSideBySideKeepEachOthersLines() throws {
    let shell = try Steersh()
    let one = History(path: shell.path("history.jsonl"))
    let other = History(path: shell.path("history.jsonl"))
    _ = one.entries
    one.append("of one")
    other.append("of the other")
    one.append("of one again")
    #expect(History(path: shell.path("history.jsonl")).entries == ["of one", "of the other", "of one again"])
  }

  @Test func damagedLinesAreSkipped() throws {
    let shell = try Steersh()
    let lines = [
      "{\"time\":1,\"text\":\"whole\"}", "{\"time\":1,\"text\":\"half", "nonsense", "", "{\"time\":2}",
      "{\"text\":\"bad \\q escape\"}", "{\"text\":\"bad \\u00zz\"}", "{\"time\":3,\"text\":\"\\u00e9\\/\"}",
    ]
    try shell.write(lines.joined(separator: "\n"), to: "history.jsonl")
    #expect(History(path: shell.path("history.jsonl")).entries == ["whole", "é/"])
  }

  @Test func longHistoriesAreCut() throws {
    let shell = try Steersh()
    let lines = (0..<(2 * History.capacity + 1)).map { "{\"time\":1,\"text\":\"let a = \($0)\"}\n" }
    try shell.write(lines.joined(), to: "history.jsonl")
    let history = History(path: shell.path("history.jsonl"))
    #expect(history.entries.count == History.capacity)
    #expect(history.entries.last == "let a = \(2 * History.capacity)")
    #expect(try shell.read("history.jsonl").split(separator: "\n").count == History.capacity)
  }

  @Test func isOnlyForTheUser() throws {
    let shell = try Steersh()
    History(path: shell.path("deep/folder/history.jsonl")).append("secret")
    var status = stat()
    #expect(stat(shell.path("deep/folder/history.jsonl"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(stat(shell.path("deep/folder"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }
}
