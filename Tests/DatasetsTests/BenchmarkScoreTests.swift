import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Every benchmark reads its hand-made folder and scores the answers in it as the official script does.
@Suite struct BenchmarkScoreTests {
  static let names = BenchmarkCatalog.readers.map(\.name)

  static func benchmark(_ name: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws -> any Benchmark {
    let reader = try #require(BenchmarkCatalog.readers.first { $0.name == name })
    return try reader.read(folder(name).path, options)
  }

  static func folder(_ name: String) -> URL { fixture("benchmarks/\(name)") }

  private static func file(_ name: String, _ file: String) throws -> Field {
    try Field(FileBytes(path: fixture("benchmarks/\(name)/\(file)").path))
  }

  /// The answers of the fixture: texts, or likelihoods of the choices.
  static func answered(_ benchmark: any Benchmark, _ name: String) throws -> [AnsweredRecord] {
    let answers = try file(name, "answers.json")
    return try benchmark.records.map { record in
      if case .likelihood = record.reading {
        let values = try answers[record.id].numbers()
        let answer = BenchmarkAnswer(text: "", logProbabilities: values)
        return AnsweredRecord(record, answer)
      }
      return AnsweredRecord(record, BenchmarkAnswer(text: try answers[record.id].string()))
    }
  }

  @Test(arguments: names) func everyImageIsThere(_ name: String) throws {
    let benchmark = try Self.benchmark(name)
    #expect(!benchmark.records.isEmpty)
    try benchmark.records.checkImages(of: name)
    for image in benchmark.records.flatMap(\.images) { #expect(try image.read().width > 0) }
    #expect(Set(benchmark.records.map(\.id)).count == benchmark.records.count)
  }

  /// `expected.json` holds what the official script printed for these answers, as docs/benchmarks.md tells. The tolerance is
  /// that of sums in another order.
  @Test(arguments: names) func figuresAreTheOfficialScripts(_ name: String) throws {
    let benchmark = try Self.benchmark(name)
    let summary = benchmark.summary(try Self.answered(benchmark, name))
    let expected = try Self.file(name, "expected.json")
    let parts = try expected["parts"].object()
    for (part, metrics) in parts.entries {
      let row = try #require(summary.rows.first { $0.name == part }, "\(name) has no row \(part)")
      for (metric, value) in Field(metrics, file: "expected").numbersByName {
        let place = try #require(summary.metrics.firstIndex(of: metric), "\(name) has no metric \(metric)")
        let found = try #require(row.values[place], "\(name) \(part) \(metric)")
        #expect(abs(found - value) < 1e-9, "\(name) \(part) \(metric): \(found), expected \(value)")
      }
    }
    let score = try expected["score"].number(or: .nan)
    #expect(score.isNaN ? summary.score == nil : abs((summary.score ?? .nan) - score) < 1e-9, "\(name) score")
  }

  /// Answer files are compared whole with those that were looked at and committed.
  @Test(arguments: names) func answerFilesAreTheLayout(_ name: String) throws {
    let benchmark = try Self.benchmark(name)
    let files = try benchmark.answerFiles(Self.answered(benchmark, name))
    #expect(!files.isEmpty)
    for file in files {
      let url = fixture("benchmarks/\(name)/answer_files/\(file.name)")
      if ProcessInfo.processInfo.environment["STEERSH_RECORD"] != nil {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: url)
      }
      #expect(file.text == (try? String(contentsOf: url, encoding: .utf8)), "\(name)/\(file.name)")
    }
  }

  /// No answers, and the answers to the first few: what is stopped early must be scored, too.
  @Test(arguments: names) func partsCanBeSummed(_ name: String) throws {
    let benchmark = try Self.benchmark(name)
    let answered = try Self.answered(benchmark, name)
    for count in 0...answered.count { _ = benchmark.summary(Array(answered.prefix(count))) }
    _ = try benchmark.answerFiles([])
  }
}

extension Field {
  fileprivate var numbersByName: [(String, Double)] {
    guard case .object(let object) = value else { return [] }
    return object.entries.compactMap { name, value in
      switch value {
      case .number(let number): (name, number)
      case .integer(let number): (name, Double(number))
      default: nil
      }
    }
  }
}
