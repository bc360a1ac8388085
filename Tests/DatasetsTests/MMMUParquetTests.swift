import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// MMMU in its authors' layout, against the same questions in lines with picture files.
@Suite struct MMMUParquetTests {
  private let folder = fixture("parquet/mmmu").path

  @Test func questionsAreThoseOfTheLines() throws {
    let lines = try MMMU(BenchmarkScoreTests.folder("mmmu").path)
    let parquet = try MMMU(folder)
    #expect(parquet.records.count == 8)
    for (found, expected) in zip(parquet.records, lines.records) {
      #expect(found.id == expected.id && found.prompt == expected.prompt && found.choices == expected.choices)
      #expect(found.gold == expected.gold && found.fields == expected.fields && found.key == expected.key)
      #expect(try found.images.map { try $0.read() } == expected.images.map { try $0.read() }, "\(found.id)")
    }
    #expect(
      parquet.records[7].images[0].name == "\(folder)/Physics/validation-00001-of-00002.parquet, record 1, image_1")
    // Backwards, from part to part.
    for record in parquet.records.reversed() { #expect(try record.images.allSatisfy { try $0.read().width > 0 }) }
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
  }
}
