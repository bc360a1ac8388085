extension Table {
  /// Comma-separated values after RFC 4180, with a header line and `\n` line ends. Missing cells are empty. Text that is empty
  /// or looks like a number stands between quotes, so that it stays apart from them; `Table(csv:)` reads it back.
  public var csv: String { separated(by: ",") }

  /// Tab-separated values, quoted as in `csv`.
  public var tsv: String { separated(by: "\t") }

  private func separated(by separator: Character) -> String {
    func line(_ texts: [String]) -> String { texts.joined(separator: String(separator)) + "\n" }
    var result = line(columns.map { Cell.string($0.name).separated(by: separator) })
    for row in 0..<rowCount { result += line(columns.map { $0.cells[row].separated(by: separator) }) }
    return result
  }

  /// A list of objects, one for each row, fields in the order of the columns. Missing is `null`; JSON has no word for
  /// numbers that are not finite, so they become the strings "NaN", "Infinity" and "-Infinity".
  public var json: String {
    let rows = (0..<rowCount).map { row in
      let fields = columns.map { "\(JSONText.quoted($0.name)): \(JSONText.value($0.cells[row]))" }
      return "  {" + fields.joined(separator: ", ") + "}"
    }
    return rows.isEmpty ? "[]\n" : "[\n" + rows.joined(separator: ",\n") + "\n]\n"
  }

  /// A Markdown table with numeric columns aligned right. Numbers are written as in the terminal.
  public func markdown(digits: Int = 4) -> String {
    func escaped(_ text: String) -> String {
      var result = ""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "|", "\\", "*", "_", "`": result += "\\\(scalar)"
        case "\n": result += "<br>"
        case "\r": break
        case "<": result += "&lt;"
        default: result.unicodeScalars.append(scalar)
        }
      }
      return result
    }
    func line(_ texts: [String]) -> String { "| " + texts.joined(separator: " | ") + " |\n" }
    let numerals = columns.map { column in
      NumeralColumn(
        column.cells.lazy.compactMap { if case .float(let value) = $0 { value } else { nil } },
        digits: min(max(digits, 1), 17))
    }
    var result = line(columns.map { escaped($0.name) }) + line(columns.map { $0.isNumeric ? "---:" : "---" })
    for row in 0..<rowCount {
      result += line(
        zip(columns, numerals).map { column, numerals in
          switch column.cells[row] {
          case .float(let value): numerals.text(value)
          case .string(let text): escaped(text)
          case let cell: cell.text
          }
        })
    }
    return columns.isEmpty ? "" : result
  }
}

extension Table {
  /// A text as JSON writes it, as in `json`.
  public static func quotedJSON(_ text: String) -> String { JSONText.quoted(text) }
}

enum JSONText {
  static func value(_ cell: Cell) -> String {
    switch cell {
    case .missing: "null"
    case .string(let text): quoted(text)
    case .int, .bool: cell.text
    case .float(let value):
      value.isFinite ? "\(value)" : quoted(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    }
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension String {
  /// The text with every occurrence of a scalar written twice. Scalars and not characters, since a quote with an
  /// accent on it is still a quote to whoever reads the file.
  func doubling(_ scalar: Unicode.Scalar) -> String {
    var result = ""
    for next in unicodeScalars {
      result.unicodeScalars.append(next)
      if next == scalar { result.unicodeScalars.append(next) }
    }
    return result
  }
}
