import Checkpoints
import Synchronization

/// The rows of a Parquet file, or of several that are parts of one data set.
public final class ParquetRecords: RecordReader, Sendable {
  public let name: String
  /// In the order of the file.
  public let columns: [String]
  public let count: Int
  private let files: [ParquetFile]
  /// The position that each file begins with.
  private let starts: [Int]
  /// By the names of `columns`.
  private let places: [[UInt8]: Int]
  /// Those of `columns`.
  private let chosen: [Int]
  /// The file that was asked last; the others keep nothing unpacked.
  private let recent = Mutex(0)

  /// - Parameters:
  ///   - name: what errors call the whole.
  ///   - paths: the parts, in order; they have the same columns.
  ///   - columns: those that records have; nil for all.
  /// - Throws: `DatasetError`, `CheckpointError`.
  public convenience init(_ name: String, paths: [String], columns: [String]? = nil) throws {
    try self.init(name, paths.map { try FileBytes(path: $0, expected: "a Parquet file") }, columns: columns)
  }

  init(_ name: String, _ parts: [FileBytes], columns wanted: [String]? = nil) throws {
    self.name = name
    files = try parts.map { try ParquetFile($0) }
    guard let first = files.first else { throw DatasetError(name, .noRecords) }
    let all = first.columns.map(\.name)
    for file in files {
      let found = file.columns.map(\.name)
      guard found == all else { throw DatasetError(file.name, .parquet(.otherColumns(found: found, expected: all))) }
    }
    let places = Dictionary(uniqueKeysWithValues: all.enumerated().map { (Array($1.utf8), $0) })
    columns = wanted ?? all
    self.places = places
    chosen = try (wanted ?? all).map { column in
      guard let place = places[Array(column.utf8)] else {
        throw DatasetError(
          first.name, .value(name: "the columns", expected: "with \(column)", found: all.joined(separator: ", ")))
      }
      return place
    }
    var (starts, reached) = ([Int](), 0)
    for file in files {
      starts.append(reached)
      reached += file.rowCount
    }
    (self.starts, count) = (starts, reached)
  }

  /// A file, a folder of parts, or a pattern such as `data/train-*.parquet`.
  public convenience init(path: String) throws { try self.init(path, paths: ParquetParts.paths(path)) }

  /// Whether columns are better asked for one by one: some have bytes, pictures perhaps, or cannot be read.
  public var isReadByColumn: Bool { files.contains { $0.isReadByColumn } }

  public func record(at position: Int) throws -> JSON.Object? {
    guard (0..<count).contains(position) else { return nil }
    return JSON.Object(zip(columns, try values(at: position).map { JSON($0) }))
  }

  /// What each of `columns` has.
  ///
  /// - Parameter position: below `count`.
  /// - Throws: `DatasetError` with the file and the column.
  public func values(at position: Int) throws -> [ParquetValue] {
    let (file, row) = find(position)
    return try file.values(of: chosen, row: row)
  }

  /// What one column has; no other is looked at.
  ///
  /// - Parameters:
  ///   - column: one of the file's.
  ///   - position: below `count`.
  /// - Throws: `DatasetError` with the file and the column.
  public func value(of column: String, at position: Int) throws -> ParquetValue {
    guard let place = places[Array(column.utf8)] else { return .null }
    let (file, row) = find(position)
    return try file.values(of: [place], row: row)[0]
  }

  /// Whether the column is null there; of a picture, its bytes are not unpacked for it.
  public func isNull(_ column: String, at position: Int) throws -> Bool {
    guard let place = places[Array(column.utf8)] else { return true }
    let (file, row) = find(position)
    return try file.isNull(file.columns[place], row: row)
  }

  /// `train-00001-of-00004.parquet, record 17`
  public func place(of position: Int) -> String {
    guard (0..<count).contains(position) else { return "\(name), record \(position + 1)" }
    let number = file(of: position)
    return "\(files[number].name), record \(position - starts[number] + 1)"
  }

  private func find(_ position: Int) -> (ParquetFile, row: Int) {
    precondition((0..<count).contains(position), "there is no record of this number")
    let number = file(of: position)
    let before = recent.withLock { recent in
      defer { recent = number }
      return recent
    }
    if before != number { files[before].release() }
    return (files[number], position - starts[number])
  }

  /// The last that begins at this position or before it, since those before may be empty.
  private func file(of position: Int) -> Int { starts.lastIndex(whileEarly: { $0 <= position }) }
}
