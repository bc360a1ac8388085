import Checkpoints

/// Records in the order of their file, each read when it is asked for.
public protocol RecordReader: AnyObject {
  /// The file or folder as the user knows it.
  var name: String { get }
  /// The record of this number; nil behind the last one.
  ///
  /// - Throws: an error with file and line for a record that is malformed.
  func record(at position: Int) throws -> JSON.Object?
  /// How many records there are. A file of lines is gone through once for it; nothing of it is kept.
  var count: Int { get }
  /// Whether there is a record of this number; no more of the file is looked at than that takes.
  func contains(_ position: Int) -> Bool
  /// Where a record stands, for errors: `rows.jsonl:17`.
  func place(of position: Int) -> String
}

extension RecordReader {
  public func contains(_ position: Int) -> Bool { position < count }

  public func place(of position: Int) -> String { "\(name), record \(position + 1)" }

  /// What `body` makes of each record; errors about a field say where the record stands.
  func map<Result>(_ body: (Field) throws -> Result) throws -> [Result] {
    // Room for the results is not taken in advance: a damaged file may claim any count.
    var results: [Result] = []
    for position in 0..<count {
      do {
        results.append(try body(Field(.object(record(at: position) ?? JSON.Object()), file: name)))
      } catch let error as CheckpointError where error.file == name {
        guard case .json(.field) = error.problem else { throw error }
        throw CheckpointError(place(of: position), error.problem)
      }
    }
    return results
  }
}

/// Opens files of records by the ends of their names.
public enum RecordFile {
  /// - Parameters:
  ///   - path: a `.json`, `.jsonl`, `.ndjson`, `.csv`, `.tsv` or `.parquet` file, a folder of images, or the parts of a data set in
  ///     Parquet: a folder, or a pattern such as `train-*.parquet`.
  ///   - key: which value of a JSON file that holds an object has the records; nil for a file that is one list.
  /// - Throws: `DatasetError`, `CheckpointError`.
  public static func open(_ path: String, at key: String? = nil) throws -> any RecordReader {
    if ImageFolder.isFolder(path) {
      return try ParquetParts.areIn(path) ? ParquetRecords(path: path) : ImageFolder(path)
    }
    if ParquetParts.isPattern(path) { return try ParquetRecords(path: path) }
    let expected = "a file of records (.json, .jsonl, .csv, .tsv, .parquet) or a folder of images"
    let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last?.lowercased() ?? ""
    let file = try FileBytes(path: path, expected: expected)
    switch ending {
    case "jsonl", "ndjson": return JSONLines(file)
    case "csv": return try DelimitedRecords(file, separator: ",")
    case "parquet": return try ParquetRecords(path, [file])
    case "tsv": return try DelimitedRecords(file, separator: "\t")
    // Some benchmarks call a file of lines .json.
    case "json": return try key == nil && JSONLines.describes(file) ? JSONLines(file) : JSONRecords(file, at: key)
    default: throw DatasetError(path, .unknownFormat)
    }
  }
}
