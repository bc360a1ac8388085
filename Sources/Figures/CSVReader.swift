/// Reads comma-separated values after RFC 4180, as `Table.csv` writes them.
///
/// It works on bytes and says where each record ends, so that a file whose last record was cut off can be gone on with.
public struct CSVReader {
  public struct Record: Sendable, Equatable {
    public let cells: [Cell]
    /// Of the whole text, where the record's line has ended.
    public let end: Int
  }

  /// Complete records: those whose line end is there.
  public private(set) var records: [Record] = []
  /// Where the last complete record ends; what follows was cut off.
  public var end: Int { records.last?.end ?? 0 }

  public init(_ bytes: [UInt8]) {
    var cells: [Cell] = []
    var field: [UInt8] = []
    var isQuoted = false
    var position = 0
    func cell() -> Cell {
      let text = String(decoding: field, as: UTF8.self)
      return isQuoted ? .string(text) : Cell(field: text)
    }
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\"") where field.isEmpty && !isQuoted:
        isQuoted = true
        guard let close = Self.unquote(bytes, from: position, into: &field) else { return }
        position = close
      case UInt8(ascii: ","), UInt8(ascii: "\n"):
        if byte == UInt8(ascii: "\n"), !isQuoted, field.last == UInt8(ascii: "\r") { field.removeLast() }
        cells.append(cell())
        (field, isQuoted) = ([], false)
        if byte == UInt8(ascii: "\n") {
          records.append(Record(cells: cells, end: position))
          cells = []
        }
      case UInt8(ascii: "\r") where isQuoted: continue
      default: field.append(byte)
      }
    }
  }

  /// Takes what stands between quotes; returns the position after the closing one, nil where there is none.
  private static func unquote(_ bytes: [UInt8], from start: Int, into field: inout [UInt8]) -> Int? {
    var position = start
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      guard byte == UInt8(ascii: "\"") else {
        field.append(byte)
        continue
      }
      guard position < bytes.count, bytes[position] == byte else { return position }
      field.append(byte)
      position += 1
    }
    return nil
  }
}

extension Cell {
  /// What an unquoted field of a CSV file stands for.
  init(field text: String) {
    switch text {
    case "": self = .missing
    case "true": self = .bool(true)
    case "false": self = .bool(false)
    case "nan": self = .float(.nan)
    case "inf", "-inf": self = .float(text == "inf" ? .infinity : -.infinity)
    default:
      if let value = Int(text) {
        self = .int(value)
      } else if let first = text.unicodeScalars.first, "0123456789.-+".unicodeScalars.contains(first),
        let value = Double(text), value.isFinite
      {
        self = .float(value)
      } else {
        self = .string(text)
      }
    }
  }

  /// The cell as a field of a CSV line: `init(field:)` and quotes tell what it was.
  public var csv: String { separated(by: ",") }

  func separated(by separator: Character) -> String {
    guard case .string(let text) = self else { return self.text }
    let isSpecial = text.unicodeScalars.contains {
      $0 == "\"" || $0 == "\n" || $0 == "\r" || Character($0) == separator
    }
    // Text that would read as a number, a truth value or nothing at all stands between quotes.
    let isPlain = !isSpecial && text.first != " " && text.last != " " && Cell(field: text) == self
    return isPlain ? text : "\"" + text.doubling("\"") + "\""
  }
}

extension Table {
  /// The table that a CSV file holds, the names of its columns in the first line.
  ///
  /// Fields without quotes are numbers, truth values or missing where they look like it.
  ///
  /// - Throws: `FigureError.csv` for lines of another length than the first, `.duplicateColumn`.
  public init(csv bytes: [UInt8]) throws(FigureError) {
    let whole = bytes.last == UInt8(ascii: "\n") ? bytes : bytes + [UInt8(ascii: "\n")]
    let reader = CSVReader(whole)
    guard reader.end == whole.count else {
      throw .csv(line: reader.records.count + 1, problem: "a quoted text does not end")
    }
    guard !bytes.isEmpty, let header = reader.records.first else {
      throw .csv(line: 1, problem: "the names of the columns are missing")
    }
    var columns = [[Cell]](repeating: [], count: header.cells.count)
    for (index, record) in reader.records.enumerated().dropFirst() {
      guard record.cells.count == header.cells.count else {
        throw .csv(
          line: index + 1, problem: "found \(record.cells.count) fields, expected the header's \(header.cells.count)")
      }
      for (column, cell) in record.cells.enumerated() { columns[column].append(cell) }
    }
    try self.init(columns: zip(header.cells, columns).map { Column($0.text, $1) })
  }
}
