import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Parquet files as pyarrow writes them, against what pyarrow reads (`scripts/fixtures/parquet.py`).
@Suite struct ParquetTests {
  /// Each file, and the rows that it has.
  static let files =
    ["none", "snappy", "gzip", "zstd"].flatMap { [("types_\($0)_v1", "types"), ("types_\($0)_v2", "types")] }
    + ["none_v1", "snappy_v1", "zstd_v2"].map { ("nested_\($0)", "nested") }
    + ["delta", "lengths", "dictionary"].map { ("encodings_\($0)", "encodings") }
    + ["empty", "int96", "old_lists"].map { ($0, $0) }

  static func path(_ name: String) -> String { fixture("parquet/\(name).parquet").path }

  private func words(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)".replacingOccurrences(of: fixture("parquet").path + "/", with: "") }
  }

  @Test(arguments: files) func rowsArePyarrows(_ file: String, _ rows: String) throws {
    let expected = try JSON.parse(FileBytes(path: fixture("parquet/\(rows).json").path))
    guard case .array(let expected) = expected else { return #expect(Bool(false), "\(rows).json is no list") }
    let records = try RecordFile.open(Self.path(file))
    #expect(records.count == expected.count)
    for (position, row) in expected.enumerated() {
      let found = try JSON.object(#require(try records.record(at: position)))
      #expect(found == row, "\(file), row \(position)")
    }
    #expect(try records.record(at: expected.count) == nil && records.record(at: -1) == nil)
    // In any other order, and a column alone, it is the same.
    let fresh = try ParquetRecords(path: Self.path(file))
    for step in 0..<expected.count {
      let position = (step * 97 + 31) % expected.count
      guard case .object(let row) = expected[position] else { continue }
      for column in fresh.columns.reversed() {
        let found = try JSON(fresh.value(of: column, at: position))
        #expect(found == row[column], "\(file), row \(position), \(column)")
        #expect(try fresh.isNull(column, at: position) == (found == .null), "\(file), row \(position), \(column)")
      }
    }
  }

  /// What is read of a file is what is asked for: a codec that is not read harms no other column.
  @Test func otherCodecsAreRefusedByName() throws {
    let records = try ParquetRecords(path: Self.path("brotli"))
    #expect(records.columns == ["n32", "text"])
    if case .integer = try records.value(of: "n32", at: 4) {} else { #expect(Bool(false), "n32 is read") }
    #expect(
      words { _ = try records.record(at: 0) }
        == "brotli.parquet: column text: the compression Brotli is not read (snappy, gzip, zstd and none are); write the file again with one that is"
    )
  }

  @Test func whatIsNoParquet() throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: Self.path("int96"))))
    func said(_ bytes: [UInt8]) -> String { words { _ = try ParquetFile(FileBytes(bytes, name: "f")) } }
    let unfinished = "f: this is no whole Parquet file: it must begin and end with PAR1; was it fetched to the end?"
    #expect(said(whole.dropLast()) == unfinished)
    #expect(said([]) == unfinished && said(Array("PAR1PAR1".utf8)) == unfinished)
    #expect(said(whole.dropLast(4) + Array("PARE".utf8)) == "f: it is encrypted, which is not read")
    #expect(
      said(whole.dropLast(8) + [255, 255, 255, 127] + Array("PAR1".utf8)).contains("it would have 2147483647 bytes"))
    #expect(
      words { _ = try ParquetRecords("x", paths: [Self.path("int96"), Self.path("empty")]) }.contains(
        "its columns are n32, text"))
  }

  /// A page that is damaged is named by column and byte, and its checksum tells.
  @Test func damagedPages() throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: Self.path("types_zstd_v1"))))
    // Behind the first mark and the header of the first page.
    bytes[45] ^= 0xFF
    let file = try ParquetFile(FileBytes(bytes, name: "f"))
    #expect(
      words { _ = try file.values(of: [0], row: 0) }.hasPrefix(
        "f: column flag: the page at byte 4 is damaged: "))
    #expect(throws: Never.self) { try file.values(of: [1], row: 0) }
  }

  @Test func partsOfADataSet() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func put(_ names: String...) throws {
      for name in names {
        try FileManager.default.copyItem(
          at: URL(fileURLWithPath: Self.path("encodings_dictionary")), to: folder.appendingPathComponent(name))
      }
    }
    func open(_ name: String = "") throws -> any RecordReader { try RecordFile.open(folder.path + name) }
    func words(_ name: String = "") -> String {
      self.words { _ = try open(name) }.replacingOccurrences(of: folder.path, with: "")
    }
    try put("train-00001-of-00002.parquet", "train-00000-of-00002.parquet")
    try Data().write(to: folder.appendingPathComponent("README.md"))
    let records = try open()
    #expect(records.count == 440)
    #expect(try records.record(at: 219) == records.record(at: 439) && records.record(at: 440) == nil)
    #expect(records.place(of: 220) == "\(folder.path)/train-00001-of-00002.parquet, record 1")
    #expect(try open("/train-*.parquet").count == 440 && open("/train-00001-*.parquet").count == 220)
    #expect(words("/test-*.parquet").hasPrefix(": there is no test-*.parquet (there is train-00000-of-00002.parquet, "))
    try put("test-00000-of-00003-0123abcd.parquet")
    #expect(
      words().hasPrefix(": the folder has parts of several data sets: test-*.parquet, train-*.parquet; say which"))
    for name in ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"] {
      try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
    #expect(words().hasPrefix(": the part test-00001-of-00003.parquet is missing"))
    // Pictures make it a folder of pictures, whatever lies beside them.
    try Data().write(to: folder.appendingPathComponent("a.png"))
    #expect(try open().count == 1)
  }

  @Test func times() {
    #expect(ParquetTime.text(day: 0) == "1970-01-01" && ParquetTime.text(day: -1) == "1969-12-31")
    #expect(ParquetTime.text(day: 11_016) == "2000-02-29" && ParquetTime.text(day: -719_529) == "-0001-12-31")
    #expect(ParquetTime.text(timestamp: -1, .milli, isUTC: true) == "1969-12-31T23:59:59.999Z")
    #expect(ParquetTime.text(timestamp: .min, .nano, isUTC: false) == "1677-09-21T00:12:43.145224192")
    for value in [Int64.min, .max] { _ = ParquetTime.text(timestamp: value, .milli, isUTC: true) }
  }
}
