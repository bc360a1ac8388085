import Checkpoints

/// A file with one JSON object on each line (JSON Lines). Empty lines are passed over.
public final class JSONLines: RecordReader {
  public let name: String
  private let index: RecordIndex

  public init(_ file: FileBytes) {
    name = file.name
    index = RecordIndex(file, from: file.markLength, end: RecordIndex.lineEnd)
  }

  public convenience init(path: String) throws {
    self.init(try FileBytes(path: path, expected: "a file of JSON lines"))
  }

  public var count: Int { index.count }
  public func contains(_ position: Int) -> Bool { index.range(at: position) != nil }

  public func record(at position: Int) throws -> JSON.Object? {
    guard let range = index.range(at: position) else { return nil }
    let value: JSON
    do {
      value = try index.file.withBytes { bytes in
        // Without its end, so that what is missing is missing on this line.
        let end = range.reversed().first { bytes[$0] != 10 && bytes[$0] != 13 }.map { $0 + 1 } ?? range.lowerBound
        return try JSON.parse(UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound..<end]), file: name)
      }
    } catch let error as CheckpointError {
      guard case .json(.syntax(let place, let problem)) = error.problem else { throw error }
      let line = index.line(of: range.lowerBound) + place.line - 1
      throw CheckpointError(name, .json(.syntax(at: JSONProblem.Position(line: line, column: place.column), problem)))
    }
    guard case .object(let record) = value else {
      throw DatasetError(
        name, line: line(of: position), .value(name: "the line", expected: "an object", found: value.summary))
    }
    return record
  }

  /// The line that a record stands on, from 1.
  public func line(of position: Int) -> Int? { index.range(at: position).map { index.line(of: $0.lowerBound) } }

  public func place(of position: Int) -> String { name + (line(of: position).map { ":\($0)" } ?? "") }

  /// Whether a file is one of lines: its first line is an object, and others follow.
  static func describes(_ file: FileBytes) -> Bool {
    let index = RecordIndex(file, from: file.markLength, end: RecordIndex.lineEnd)
    guard let first = index.range(at: 0), index.range(at: 1) != nil else { return false }
    let value = try? file.withBytes { try JSON.parse(UnsafeRawBufferPointer(rebasing: $0[first]), file: file.name) }
    if case .object? = value { return true }
    return false
  }
}
