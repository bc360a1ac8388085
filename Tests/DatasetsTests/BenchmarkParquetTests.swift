import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Benchmarks in the Parquet layouts of their authors' pages, against the same questions in lines, tables and picture files.
@Suite struct BenchmarkParquetTests {
  private let folder = fixture("parquet/mmmu").path

  @Test(arguments: [("mmmu", 8), ("hellaswag", 3), ("mmlu", 3)])
  func questionsAreThoseOfTheLines(_ name: String, _ atLeast: Int) throws {
    let read = try #require(BenchmarkCatalog.readers.first { $0.name == name }).read
    let lines = try BenchmarkScoreTests.benchmark(name)
    let parquet = try read(fixture("parquet/\(name)").path, BenchmarkOptions())
    #expect(parquet.records.count == lines.records.count && lines.records.count >= atLeast)
    for (found, expected) in zip(parquet.records, lines.records) {
      #expect(found.id == expected.id && found.prompt == expected.prompt && found.choices == expected.choices)
      #expect(found.gold == expected.gold && found.fields == expected.fields && found.key == expected.key)
      #expect(found.reading == expected.reading && found.question == expected.question)
      #expect(try found.images.map { try $0.read() } == expected.images.map { try $0.read() }, "\(found.id)")
    }
  }

  /// A picture lies in its page until it is looked at, in any order.
  @Test func picturesOfParts() throws {
    let records = try MMMU(folder).records
    #expect(records[7].images[0].name == "\(folder)/Physics/validation-00001-of-00002.parquet, record 1, image_1")
    for record in records.reversed() { #expect(try record.images.allSatisfy { try $0.read().width > 0 }) }
  }

  @Test func splitsAndTheirFiles() throws {
    var options = BenchmarkOptions()
    options.split = "test"
    let test = try MMMU(folder, options)
    #expect(test.records.map(\.id) == ["test_Physics_1"] && test.records[0].gold.isEmpty)
    #expect(test.score(BenchmarkAnswer(text: "8"), to: test.records[0]) == nil)
    // One folder with all of a split does as well.
    #expect(try MMMU(folder + "/Music").records.count == 2)
    options.split = "dev"
    #expect(throws: DatasetError.self) { try MMMU(folder, options) }
    // Examples come from the other files.
    options = BenchmarkOptions()
    options.shots = 0
    #expect(try MMLU(fixture("parquet/mmlu").path, options).records[0].prompt.count < 400)
  }
}
