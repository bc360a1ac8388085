/// What is wrong with a file of records, or with a folder of a benchmark: which file, which line, and what.
///
/// JSON that does not parse is a `CheckpointError` with line and column of the whole file.
public struct DatasetError: Error, Equatable {
  public let file: String
  /// From 1; nil where the problem is that of the whole file.
  public let line: Int?
  public let problem: Problem

  public enum Problem: Error, Equatable {
    /// A row of another length than the header's, or than the format's.
    case fields(found: Int, expected: Int)
    case unclosedQuote
    case notUTF8
    case tooLong(limit: Int)
    case noHeader
    case duplicateColumn(String)
    case unknownFormat
    /// The file holds an object, and nothing says which of its values are the records.
    case severalValues(keys: [String])
    /// A value is missing or does not do.
    case value(name: String, expected: String, found: String?)
    case missingImages(names: [String], total: Int)
    case missingFile(anyOf: [String], present: [String])
    /// A binary file of another size than its records need.
    case size(found: Int, expected: String)
    case noRecords
    case parquet(ParquetProblem)
  }

  public init(_ file: String, line: Int? = nil, _ problem: Problem) {
    self.file = file
    self.line = line
    self.problem = problem
  }
}

extension DatasetError: CustomStringConvertible {
  /// `rows.csv:17: found 3 fields, expected 4`
  public var description: String { file + (line.map { ":\($0)" } ?? "") + ": \(problem)" }
}

extension DatasetError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fields(let found, let expected):
      "found \(found) \(found == 1 ? "field" : "fields"), expected \(expected)"
    case .unclosedQuote: "a quoted text does not end; a quote inside one is written twice"
    case .notUTF8: "this is not valid UTF-8; save the file as UTF-8"
    case .tooLong(let limit): "the record is longer than the \(limit) bytes that are read; is a quote not closed?"
    case .noHeader: "the first line must name the columns"
    case .duplicateColumn(let name): "two columns are called \"\(name)\""
    case .unknownFormat:
      "this is no file of records; read are .json, .jsonl, .csv, .tsv, .parquet and folders of images"
    case .severalValues(let keys):
      "the file holds an object with \(Self.listing(keys)); say which one holds the records with `at`"
    case .value(let name, let expected, .some(let found)): "\(name) must be \(expected), found \(found)"
    case .value(let name, let expected, .none): "\(name) is missing; it must be \(expected)"
    case .missingImages(let names, let total):
      "\(names.count) of \(total) images are missing: \(Self.listing(names, limit: 3)); fetch them, or take a part of the "
        + "benchmark that has its images"
    case .missingFile(let names, let present):
      "there is no \(names.joined(separator: " or "))" + (present.isEmpty ? "" : " (there is \(Self.listing(present)))")
    case .size(let found, let expected): "the file has \(found) bytes, expected \(expected)"
    case .noRecords: "there are no records in it"
    case .parquet(let problem): "\(problem)"
    }
  }

  private static func listing(_ names: [String], limit: Int = 8) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
  }
}
