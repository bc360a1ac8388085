extension Table {
  /// A `<table>` element: numbers right with their points in line, text left, missing cells as a dash.
  ///
  /// - Parameters:
  ///   - rows: the most rows that are shown; a note names the number of the others.
  ///   - digits: significant digits of floating-point numbers.
  public func html(rows limit: Int = 1000, digits: Int = 4) -> String {
    let shown = min(rowCount, max(limit, 0))
    let numerals = columns.map { column in
      NumeralColumn(
        column.cells.prefix(shown).lazy.compactMap { if case .float(let value) = $0 { value } else { nil } },
        digits: min(max(digits, 1), 17))
    }
    func tag(_ name: String, _ column: Column, _ text: String) -> String {
      "<\(name)\(column.isNumeric ? " class=\"number\"" : "")>\(text)</\(name)>"
    }
    var result = "<table><thead><tr>"
    for column in columns { result += tag("th", column, Markup.escaped(column.name)) }
    result += "</tr></thead><tbody>"
    for row in 0..<shown {
      result += "<tr>"
      for (column, numerals) in zip(columns, numerals) {
        let text =
          switch column.cells[row] {
          case .missing: "<span class=\"missing\">—</span>"
          case .float(let value): numerals.text(value)
          case .string(let text): Markup.escaped(text)
          case let cell: cell.text
          }
        result += tag("td", column, text)
      }
      result += "</tr>"
    }
    result += "</tbody></table>"
    if rowCount == 0 { result += "<p class=\"note\">no rows</p>" }
    if rowCount > shown {
      result += "<p class=\"note\">… \(rowCount - shown) more row\(rowCount - shown == 1 ? "" : "s")</p>"
    }
    return result
  }
}
