import Figures
import Interpreter
import Tensors

/// The points of a sweep: every combination of the values of its columns, the last column changing fastest.
struct Grid {
  struct Column {
    let name: String
    let values: [Value]
    /// The values as a table shows them; all different.
    let cells: [Cell]
  }

  let columns: [Column]
  let count: Int

  /// - Parameter fields: for each column its values: a list, a range, a tensor of one axis.
  init(_ fields: RecordObject, _ call: NativeCall) throws {
    guard !fields.names.isEmpty else {
      throw ScriptError(
        .badCall, "`sweep` needs something to go over, such as sweep(layer: 0..5, strength: [0.5, 1]) { c -> … }")
    }
    var count = 1
    columns = try fields.fields.map { name, value in
      guard value.stringValue == nil, let values = try call.session.elements(of: value) else {
        throw ScriptError(
          .badArgument, "`sweep` goes over lists and ranges; `\(name)` is \(value.typePhrase)",
          help: "a list of one value, `\(name): [\(value.rendered(.short))]`, makes it a column")
      }
      guard !values.isEmpty else {
        throw ScriptError(.badArgument, "`sweep` has nothing to go over: `\(name)` is empty")
      }
      let cells = values.map(\.cell)
      var seen: Set<String> = []
      if let double = cells.first(where: { !seen.insert($0.csv).inserted }) {
        throw ScriptError(.badArgument, "`sweep` goes over different values; `\(name)` holds \(double.csv) twice")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: values.count)
      guard !overflow, product <= Session.longestList else {
        throw ScriptError(.tooComplex, "the grid of `sweep` has too many points")
      }
      count = product
      return Column(name: name, values: values, cells: cells)
    }
    self.count = count
  }

  /// The place of a point along each column.
  func places(of point: Int) -> [Int] {
    var rest = point
    var places: [Int] = []
    for column in columns.reversed() {
      places.append(rest % column.values.count)
      rest /= column.values.count
    }
    return places.reversed()
  }

  /// What the block gets.
  func record(of point: Int) -> Value {
    .record(zip(columns, places(of: point)).map { ($0.name, $0.values[$1]) })
  }

  func cells(of point: Int) -> [Cell] { zip(columns, places(of: point)).map { $0.cells[$1] } }

  /// The point with these values.
  func point(of cells: some Sequence<Cell>) -> Int? {
    var point = 0
    for (column, cell) in zip(columns, cells) {
      guard let place = column.cells.firstIndex(where: { $0.csv == cell.csv }) else { return nil }
      point = point * column.values.count + place
    }
    return point
  }

  /// `layer: 3, strength: 0.5`
  func description(of point: Int) -> String {
    zip(columns, cells(of: point)).map { "\($0.name): \($1.csv)" }.joined(separator: ", ")
  }

  /// Where a point's random draws come from: the sweep's key and the point's place along each column.
  func key(of point: Int, _ key: RandomKey) -> RandomKey {
    places(of: point).reduce(key) { $0.fold(UInt64($1)) }
  }
}
