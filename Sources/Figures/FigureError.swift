import Glibc

/// What can go wrong while a table or figure is made or saved.
public enum FigureError: Error, Equatable, Sendable {
  case duplicateColumn(String)
  case columnLength(name: String, found: Int, expected: Int)
  case seriesLength(name: String, x: Int, y: Int)
  case categoryCount(name: String, found: Int, expected: Int)
  case rowLength(row: Int, found: Int, expected: Int)
  case tickCount(axis: String, found: Int, expected: Int)
  case csv(line: Int, problem: String)
  case unknownExtension(path: String, known: [String])
  case file(path: String, action: String, code: Int32)
  case gnuplotMissing
  case gnuplotFailed(path: String, status: Int32, message: String)
  case gnuplotTimeout(path: String, seconds: Double)
  case interrupted(path: String)
}

extension FigureError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .duplicateColumn(let name):
      "two columns are called \"\(name)\"; a table's column names are unique"
    case .columnLength(let name, let found, let expected):
      "column \"\(name)\" has \(found) rows where the columns before it have \(expected)"
    case .seriesLength(let name, let x, let y):
      "series \"\(name)\" has \(x) x values and \(y) y values; give one y for each x"
    case .categoryCount(let name, let found, let expected):
      "bars \"\(name)\" have \(found) values for \(expected) categories"
    case .rowLength(let row, let found, let expected):
      "row \(row) of the heatmap has \(found) values where row 0 has \(expected)"
    case .tickCount(let axis, let found, let expected):
      "the \(axis) axis of the heatmap has \(found) labels for \(expected) positions"
    case .csv(let line, let problem):
      "line \(line) of the CSV file: \(problem)"
    case .unknownExtension(let path, let known):
      "\(path): cannot tell the format from the name; use one of \(known.joined(separator: ", "))"
    case .file(let path, let action, let code):
      "\(path): cannot \(action): \(String(cString: strerror(code)))"
    case .gnuplotMissing:
      "gnuplot is not installed: apt-get install gnuplot-nox, or save as .csv"
    case .gnuplotFailed(let path, let status, let message):
      "\(path): gnuplot failed (\(status)): \(message.isEmpty ? "it gave no reason" : message)"
    case .gnuplotTimeout(let path, let seconds):
      "\(path): gnuplot did not finish within \(Numerals.general(seconds, digits: 3)) s and was stopped"
    case .interrupted(let path):
      "\(path): interrupted; nothing was written"
    }
  }
}
