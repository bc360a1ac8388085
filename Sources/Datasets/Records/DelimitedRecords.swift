import Checkpoints

/// A file of comma- or tab-separated values after RFC 4180, the names of the columns in its first line.
///
/// Unquoted fields are numbers, truth values or missing where they look like it; digits with a leading zero are an
/// identifier and stay text.
public final class DelimitedRecords: RecordReader {
  public let name: String
  public let columns: [String]
  private let index: RecordIndex
  private let separator: UInt8

  /// The longest record that is read: a quote that is not closed would take in the rest of the file.
  static let longest = 1 << 26

  public init(_ file: FileBytes, separator: Unicode.Scalar) throws {
    name = file.name
    let mark = UInt8(ascii: separator)
    self.separator = mark
    index = RecordIndex(file, from: file.markLength) { DelimitedFields.end($0, $1, separator: mark) }
    guard let range = index.range(at: 0) else { throw DatasetError(file.name, .noHeader) }
    columns = try Self.fields(file, range, mark, line: { [index] in index.line(of: range.lowerBound) }).map(\.text)
    var seen: Set<[UInt8]> = []
    if let double = columns.first(where: { !seen.insert(Array($0.utf8)).inserted }) {
      throw DatasetError(name, line: 1, .duplicateColumn(double))
    }
  }

  public convenience init(path: String, separator: Unicode.Scalar) throws {
    try self.init(FileBytes(path: path, expected: "a file of separated values"), separator: separator)
  }

  public var count: Int { max(index.count - 1, 0) }
  public func contains(_ position: Int) -> Bool { index.range(at: position + 1) != nil }

  public func record(at position: Int) throws -> JSON.Object? {
    guard let (fields, line) = try row(position + 1) else { return nil }
    guard fields.count == columns.count else {
      throw DatasetError(name, line: line(), .fields(found: fields.count, expected: columns.count))
    }
    return JSON.Object(zip(columns, fields.map(\.value)))
  }

  private func row(_ position: Int) throws -> ([DelimitedFields.Field], line: () -> Int)? {
    guard let range = index.range(at: position) else { return nil }
    let line = { [index] in index.line(of: range.lowerBound) }
    return (try Self.fields(index.file, range, separator, line: line), line)
  }

  private static func fields(
    _ file: FileBytes, _ range: Range<Int>, _ separator: UInt8, line: () -> Int
  ) throws -> [DelimitedFields.Field] {
    guard range.count <= longest else { throw DatasetError(file.name, line: line(), .tooLong(limit: longest)) }
    do {
      return try file.withBytes { try DelimitedFields.parse($0[range], separator: separator) }
    } catch let problem as DatasetError.Problem { throw DatasetError(file.name, line: line(), problem) }
  }

  /// The rows of a file without a header, as texts.
  ///
  /// - Parameter problem: what is wrong with a row; nil where nothing is.
  /// - Throws: `DatasetError` with the line.
  static func rows(
    _ file: FileBytes, separator: Unicode.Scalar, problem: ([String]) -> DatasetError.Problem?
  ) throws -> [[String]] {
    let mark = UInt8(ascii: separator)
    let index = RecordIndex(file, from: file.markLength) { DelimitedFields.end($0, $1, separator: mark) }
    return try (0..<index.count).compactMap { position in
      guard let range = index.range(at: position) else { return nil }
      let row = try fields(file, range, mark, line: { index.line(of: range.lowerBound) }).map(\.text)
      if let problem = problem(row) { throw DatasetError(file.name, line: index.line(of: range.lowerBound), problem) }
      return row
    }
  }
}

/// One row of separated values.
enum DelimitedFields {
  struct Field {
    let text: String
    let isQuoted: Bool
  }

  private static let quote = UInt8(ascii: "\"")

  /// Behind the line feed that ends the row which begins at `start`; one between quotes does not.
  static func end(_ bytes: UnsafeRawBufferPointer, _ start: Int, separator: UInt8) -> Int {
    var (offset, fresh) = (start, true)
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if byte == 10 { return offset }
      if byte == quote, fresh {
        // To the quote that closes; a doubled one opens again at once.
        while offset < bytes.count {
          offset += 1
          guard bytes[offset - 1] == quote else { continue }
          guard offset < bytes.count, bytes[offset] == quote else { break }
          offset += 1
        }
      }
      fresh = byte == separator
    }
    return offset
  }

  /// - Throws: `DatasetError.Problem`.
  static func parse(_ row: Slice<UnsafeRawBufferPointer>, separator: UInt8) throws -> [Field] {
    var bytes = row
    if bytes.last == 10 { bytes.removeLast() }
    if bytes.last == 13 { bytes.removeLast() }
    var (fields, field, isQuoted): ([Field], [UInt8], Bool) = ([], [], false)
    func finish() throws {
      guard let text = String(validating: field, as: UTF8.self) else { throw DatasetError.Problem.notUTF8 }
      fields.append(Field(text: text, isQuoted: isQuoted))
      (field, isQuoted) = ([], false)
    }
    var offset = bytes.startIndex
    while offset < bytes.endIndex {
      let byte = bytes[offset]
      offset += 1
      if byte == separator {
        try finish()
      } else if byte == quote, field.isEmpty, !isQuoted {
        isQuoted = true
        var isClosed = false
        while offset < bytes.endIndex, !isClosed {
          let byte = bytes[offset]
          offset += 1
          if byte != quote {
            field.append(byte)
          } else if offset < bytes.endIndex, bytes[offset] == quote {
            field.append(quote)
            offset += 1
          } else {
            isClosed = true
          }
        }
        guard isClosed else { throw DatasetError.Problem.unclosedQuote }
      } else {
        field.append(byte)
      }
    }
    try finish()
    return fields
  }
}

extension DelimitedFields.Field {
  /// What the field stands for.
  var value: JSON {
    guard !isQuoted else { return .string(text) }
    switch text {
    case "": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: break
    }
    if let integer = Int(text) { return String(integer) == text ? .integer(integer) : .string(text) }
    guard let first = text.utf8.first, "0123456789.-+".utf8.contains(first), let number = Double(text), number.isFinite,
      !(text.utf8.count > 1 && first == UInt8(ascii: "0") && !text.hasPrefix("0.") && !text.hasPrefix("0e"))
    else { return .string(text) }
    return .number(number)
  }
}
