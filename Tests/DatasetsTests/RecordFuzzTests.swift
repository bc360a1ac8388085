import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// The readers of records over damaged files, and the readers of answers over any text: they may refuse, but not crash, hang or
/// say two things of one file.
///
/// `STEERSH_FUZZ_SECONDS` sets for how long (three by default), `STEERSH_FUZZ_SEED` where it starts; with
/// `STEERSH_FUZZ_KEEP=path`, the file at `path` holds the input that a crash came of.
@Suite(.serialized) struct RecordFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["STEERSH_FUZZ_SECONDS"].flatMap(Double.init) ?? 3
  private static let seed = environment["STEERSH_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

  private static let lines = Array(
    """
    {"id": 1, "text": "a \\"b\\" \\u00e9", "list": [1, 2.5e-3, null]}

    {"id": 2, "image": "x.png", "nested": {"a": {"b": [true, false]}}}\r
    {"id": 3}
    """.utf8)
  private static let table = Array("id,\"na\"\"me\",c\r\n1,\"two\nlines\",0.5\n\n-2,,\"\"\n007,x,1e9\n".utf8)

  private static let targets:
    [(name: String, sample: [UInt8], read: @Sendable (FileBytes) throws -> any RecordReader)] = [
      ("JSON lines", lines, { JSONLines($0) }),
      ("CSV", table, { try DelimitedRecords($0, separator: ",") }),
      ("TSV", table.map { $0 == UInt8(ascii: ",") ? 9 : $0 }, { try DelimitedRecords($0, separator: "\t") }),
      ("JSON", Array("[{\"n\":1},{\"n\":[2,{}]},{\"é\":\"x\"}]".utf8), { try JSONRecords($0) }),
    ]

  @Test func damagedRecords() throws {
    for (number, target) in Self.targets.enumerated() {
      var random = SplitMix(state: Self.seed &+ UInt64(number) &* 0x1000)
      let clock = ContinuousClock()
      let end = clock.now + .seconds(Self.seconds / Double(Self.targets.count + 1))
      var (runs, refused) = (0, 0)
      while clock.now < end || runs < 50 {
        let bytes = random.damaged(target.sample)
        if let path = Self.environment["STEERSH_FUZZ_KEEP"] { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
        runs += 1
        do {
          let found = try Self.outcome(target.read(FileBytes(bytes, name: "f")), Array(0..<200))
          // Asked for in another order, it is the same.
          let backwards = try Self.outcome(target.read(FileBytes(bytes, name: "f")), (0..<200).reversed())
          #expect(found == backwards.reversed(), "\(target.name), seed \(Self.seed), run \(runs)")
          #expect(found.count { $0 != "end" } == (try target.read(FileBytes(bytes, name: "f")).count), "\(target.name)")
          if found.contains(where: { $0.hasPrefix("error") }) { refused += 1 }
        } catch is CheckpointError { refused += 1 } catch is DatasetError { refused += 1 }
      }
      #expect(refused > 0 && refused < runs, "\(target.name): \(refused) of \(runs) refused")
      if Self.environment["STEERSH_FUZZ_SECONDS"] != nil {
        print("fuzz: \(target.name): \(runs) inputs, \(refused) refused")
      }
    }
  }

  /// What there is at each place: a record, an error or nothing.
  private static func outcome(_ reader: any RecordReader, _ places: [Int]) throws -> [String] {
    try places.map { place in
      do {
        return try reader.record(at: place).map { try "record " + JSON.object($0).text() } ?? "end"
      } catch let error as CheckpointError { return "error \(error)" } catch let error as DatasetError {
        return "error \(error)"
      }
    }
  }

  /// Whatever a model says is read by every benchmark's rule, and scores between 0 and 1.
  @Test func anyAnswer() throws {
    var random = SplitMix(state: Self.seed)
    let benchmarks = try BenchmarkCatalog.readers.map { ($0.name, try BenchmarkScoreTests.benchmark($0.name)) }
    let words = [
      "yes", "No", "A", "(B)", ".", ",", "'", "\"", "1,000.5", "-.5e3", "\n", "\t", "É", "e\u{301}", "\u{0}", " ",
      "the answer is",
      "=", "The answer is C", "don't", "[", "]", "red", "😀", "ß", "4.", "...",
    ]
    let clock = ContinuousClock()
    let end = clock.now + .seconds(Self.seconds / Double(Self.targets.count + 1))
    var runs = 0
    while clock.now < end || runs < 50 {
      runs += 1
      let text = (0..<random.below(8)).map { _ in words[random.below(words.count)] + (random.below(3) > 0 ? " " : "") }
        .joined()
      for (name, benchmark) in benchmarks {
        let record = benchmark.records[random.below(benchmark.records.count)]
        var values: [Double] = []
        if case .likelihood(let choices, _) = record.reading { values = choices.map { _ in -Double(random.below(9)) } }
        let answer = BenchmarkAnswer(text: text, logProbabilities: values)
        let score = benchmark.score(answer, to: record)
        #expect(score.map { (0...1).contains($0) } ?? true, "\(name): \(text)")
        #expect(benchmark.score(answer, to: record) == score, "\(name): \(text)")
        _ = benchmark.summary([AnsweredRecord(record, answer)])
        for file in try benchmark.answerFiles([AnsweredRecord(record, answer)]) where file.name.hasSuffix(".json") {
          _ = try JSON.parse(file.text, file: file.name)
        }
      }
      _ = PythonList.parse("[" + text + "]")
    }
  }

  /// Pictures in damaged binary files: a size that does not fit is refused before anything is taken for it.
  @Test func damagedPictureFiles() throws {
    var random = SplitMix(state: Self.seed)
    for (name, file) in [
      ("mnist", "t10k-images-idx3-ubyte"), ("mnist", "t10k-labels-idx1-ubyte"), ("cifar_10", "test_batch.bin"),
    ] {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      try FileManager.default.copyItem(at: BenchmarkScoreTests.folder(name), to: folder)
      let path = folder.appendingPathComponent(file)
      let sample = Array(try Data(contentsOf: path))
      var refused = 0
      for _ in 0..<60 {
        let bytes = random.damaged(sample, within: random.below(2) == 0 ? 16 : sample.count)
        try FileManager.default.removeItem(at: path)
        try Data(bytes).write(to: path)
        do {
          let read = try #require(BenchmarkCatalog.readers.first { $0.name == name }).read
          for record in try read(folder.path, BenchmarkOptions()).records {
            _ = try record.images.map { try $0.read() }
          }
        } catch is DatasetError { refused += 1 } catch is CheckpointError { refused += 1 }
      }
      #expect(refused > 0, "\(file)")
    }
  }
}
