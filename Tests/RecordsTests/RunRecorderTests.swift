import Figures
import Foundation
import Testing

@testable import Records

@Suite struct RunRecorderTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func opensNothingBeforeTheFirstRecord() throws {
    let recorder = RunRecorder(.folder("\(folder.path)/data"))
    #expect(try recorder.reading() == nil)
    recorder.progress("train", 1, of: 2)
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/data"))
    recorder.begin(.sample)
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/data/runs.sqlite"))
  }

  /// One warning, and the run goes on.
  @Test func aPlaceThatCannotBeWrittenIsSaidOnce() throws {
    var words: [String] = []
    // Not even root makes a folder below a file.
    try Data().write(to: URL(fileURLWithPath: "\(folder.path)/file"))
    let recorder = RunRecorder(.folder("\(folder.path)/file/data")) { words.append($0) }
    for _ in 0..<3 {
      recorder.begin(.sample)
      recorder.end(RunEnd(.finished))
      recorder.wrote("/etc/passwd")
    }
    #expect(words.count == 1)
    #expect(words[0].hasPrefix("warning: no record of this run is kept: cannot use \(folder.path)/file"))
  }

  @Test func aDamagedFileIsSaidOnceAndKept() throws {
    var words: [String] = []
    try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: folder.database))
    let recorder = RunRecorder(.folder(folder.path)) { words.append($0) }
    recorder.begin(.sample)
    recorder.end(RunEnd(.finished))
    recorder.begin(.sample)
    #expect(words.count == 1 && words[0].contains("\(folder.database) is damaged"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == Data(repeating: 7, count: 5000))
  }

  @Test func filesBelongToTheRunOfTheirValue() throws {
    final class Thing {}
    let recorder = RunRecorder(.folder(folder.path))
    func write(_ name: String) throws -> String {
      let path = "\(folder.path)/\(name)"
      try Data(count: 5).write(to: URL(fileURLWithPath: path))
      return path
    }
    recorder.wrote(try write("early"))
    let (first, second) = (Thing(), Thing())
    for thing in [first, second] {
      recorder.begin(.sample)
      recorder.end(RunEnd(.finished), value: thing)
    }
    recorder.wrote(try write("one"), of: first)
    recorder.wrote(try write("two"), of: second)
    recorder.wrote(try write("any"))
    recorder.wrote("\(folder.path)/missing")
    let store = try #require(try recorder.reading())
    func names(_ id: Int) throws -> Set<String> {
      Set(try store.run(id).files.map { URL(fileURLWithPath: $0.path).lastPathComponent })
    }
    #expect(try names(1) == ["early", "one"])
    #expect(try names(2) == ["two", "any"])
    #expect(try store.run(2).files.allSatisfy { $0.bytes == 5 })
  }

  @Test func whatCouldNotBeginLeavesNothing() throws {
    let recorder = RunRecorder()
    recorder.begin(.sample)
    recorder.note(RunData(parameter: "on", name: "inner", count: 3, fingerprint: nil))
    #expect(recorder.isRecording && !recorder.isReady)
    recorder.forget()
    recorder.begin(.sample)
    recorder.note(RunData(parameter: "on", name: "inner", count: 3, fingerprint: nil))
    recorder.progress("train", 2, of: 3)
    recorder.progress("measure", 9, of: 9)
    recorder.end(RunEnd(.failed, error: "why"))
    let runs = try #require(try recorder.reading()).list()
    #expect(runs.map(\.id) == [2])
    #expect(runs[0].status == .failed && runs[0].error == "why" && runs[0].steps == Run.Steps(done: 2, total: 3))
    #expect(runs[0].subject.data.map(\.name) == ["vqa.train", "inner"])
  }

  @Test func keepsNothingWhereNothingIsWanted() throws {
    let recorder = RunRecorder(.nowhere)
    #expect(!recorder.isReady)
    recorder.begin(.sample)
    recorder.end(RunEnd(.finished))
    #expect(try recorder.reading() == nil)
  }
}
