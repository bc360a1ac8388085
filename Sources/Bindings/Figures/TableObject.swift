import Figures
import Interpreter
import Tensors

/// A table as a value: `t.column`, `t["column"]`, `t[3]`, iteration over its rows as records.
final class TableObject: HostObject {
  let table: Table

  init(_ table: Table) { self.table = table }

  override var typeName: String { "table" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    table[name].map { .list($0.cells.map { Value($0) }) }
  }

  override var memberNames: [String] { table.columns.map(\.name) }

  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, arguments[0].name == nil else {
      throw ScriptError(.badIndex, "a table is indexed with a column's name or a row's number")
    }
    switch arguments[0].value {
    case .int(let row):
      let position = row < 0 ? row + table.rowCount : row
      guard (0..<table.rowCount).contains(position) else {
        throw ScriptError(.indexOutOfRange, "row \(row) is outside the table, which has \(table.rowCount) rows")
      }
      return record(position)
    case .object(let name as StringObject):
      return .list(try column(name.text).cells.map { Value($0) })
    case let other:
      throw ScriptError(
        .badIndex, "a table is indexed with a column's name or a row's number, found \(other.typePhrase)")
    }
  }

  /// The column of this name, or an error that lists what there is.
  func column(_ name: String) throws -> Column {
    guard let column = table[name] else {
      throw ScriptError(
        .unknownMember,
        "the table has no column `\(name)`; it has \(table.columns.map { "`\($0.name)`" }.joined(separator: ", "))")
    }
    return column
  }

  override var count: Int? { table.rowCount }
  override func element(at position: Int, in session: Session) throws -> Value { record(position) }

  private func record(_ row: Int) -> Value { .record(table.columns.map { ($0.name, Value($0.cells[row])) }) }

  override func isEqual(to other: Object) -> Bool { (other as? TableObject)?.table == table }

  override func rendered(_ style: RenderingStyle) -> String {
    switch style.form {
    case .short: "table of \(table.rowCount) rows: \(table.columns.map(\.name).joined(separator: ", "))"
    case .full: table.rendered(on: Terminal(style))
    }
  }
}

extension Terminal {
  init(_ style: RenderingStyle) { self.init(width: style.width, color: style.colored) }
}

extension Value {
  init(_ cell: Cell) {
    switch cell {
    case .missing: self = .null
    case .string(let text): self = .string(text)
    case .int(let value): self = .int(value)
    case .float(let value): self = .float(value)
    case .bool(let value): self = .bool(value)
    }
  }

  /// The value as a table shows it: numbers as numbers, everything else as its text.
  var cell: Cell {
    switch self {
    case .null: .missing
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .float(let value): .float(value)
    case .object: .string(displayed)
    }
  }
}
