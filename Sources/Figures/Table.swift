/// Named, typed columns of equal length.
///
///     Table(records: [["layer": 0, "rate": 0.31], ["layer": 1, "rate": 0.44]]).rendered(on: Terminal())
///
///     layer  rate
///     ─────  ────
///         0  0.31
///         1  0.44
public struct Table: Sendable, Equatable {
  public let columns: [Column]
  public let rowCount: Int

  /// - Throws: `FigureError.duplicateColumn`, `.columnLength`.
  public init(columns: [Column]) throws(FigureError) {
    var names = Set<String>()
    let rowCount = columns.first?.cells.count ?? 0
    for column in columns {
      guard names.insert(column.name).inserted else { throw .duplicateColumn(column.name) }
      guard column.cells.count == rowCount else {
        throw .columnLength(name: column.name, found: column.cells.count, expected: rowCount)
      }
    }
    self.columns = columns
    self.rowCount = rowCount
  }

  /// One row for each record. Columns come in the order in which their names first appear; a field that a record
  /// lacks is missing there, and a field given twice counts once, the last time.
  public init(records: [KeyValuePairs<String, Cell>]) { self.init(records: records.map(Array.init)) }

  /// One row for each record, fields in order.
  public init(records: [[(key: String, value: Cell)]]) {
    var positions: [String: Int] = [:]
    var names: [String] = []
    var cells: [[Cell]] = []
    for (row, record) in records.enumerated() {
      for (name, value) in record {
        let position: Int
        if let known = positions[name] {
          position = known
        } else {
          position = names.count
          positions[name] = position
          names.append(name)
          cells.append(Array(repeating: .missing, count: records.count))
        }
        cells[position][row] = value
      }
    }
    columns = zip(names, cells).map { Column($0, $1) }
    rowCount = records.count
  }

  /// The column of this name, or nil.
  public subscript(name: String) -> Column? { columns.first { $0.name == name } }

  /// The cells of one row, in the order of the columns; nil where there is no such row.
  public func row(_ index: Int) -> [Cell]? {
    (0..<rowCount).contains(index) ? columns.map { $0.cells[index] } : nil
  }
}
