/// A matrix drawn as a field of colours or shades: a row for each position of y, the first on top, and a column for
/// each position of x.
public struct Heatmap: Sendable, Equatable {
  public var title: String
  /// Names of the axes; empty for none.
  public var x: String
  public var y: String
  /// Labels of the columns and of the rows.
  public let xTicks: [String]
  public let yTicks: [String]
  /// `rows[y][x]`; what is not finite is drawn as a gap.
  public let rows: [[Double]]
  /// The value in the middle of the colours, for values that lie on both sides of it; nil runs from the least value to
  /// the greatest.
  public var center: Double?

  /// - Parameters:
  ///   - xTicks: labels of the columns, or nil for 0, 1, 2, …
  ///   - yTicks: labels of the rows, or nil for 0, 1, 2, …
  /// - Throws: `FigureError.rowLength`, `.tickCount`.
  public init(
    _ rows: [[Double]], xTicks: [String]? = nil, yTicks: [String]? = nil, title: String = "", x: String = "",
    y: String = "", center: Double? = nil
  ) throws(FigureError) {
    let width = rows.first?.count ?? 0
    for (index, row) in rows.enumerated() where row.count != width {
      throw .rowLength(row: index, found: row.count, expected: width)
    }
    if let xTicks, xTicks.count != width { throw .tickCount(axis: "x", found: xTicks.count, expected: width) }
    if let yTicks, yTicks.count != rows.count {
      throw .tickCount(axis: "y", found: yTicks.count, expected: rows.count)
    }
    self.rows = rows
    self.xTicks = xTicks ?? (0..<width).map { "\($0)" }
    self.yTicks = yTicks ?? rows.indices.map { "\($0)" }
    self.title = title
    self.x = x
    self.y = y
    self.center = center
  }

  /// The values at the two ends of the colours; nil when no value is finite.
  var range: (low: Double, high: Double)? {
    let finite = rows.joined().lazy.filter(\.isFinite)
    guard let least = finite.min(), let most = finite.max() else { return nil }
    guard let center, center.isFinite else { return (least, most) }
    let reach = max(most - center, center - least)
    return (center - reach, center + reach)
  }
}

extension Heatmap: Figure {
  /// One record for each cell: the labels of y and x, and the value.
  public var table: Table {
    let names = [y.isEmpty ? "y" : y, x.isEmpty ? "x" : x]
    return Table(
      records: zip(yTicks, rows).flatMap { label, row in
        zip(xTicks, row).map { tick, value in
          [
            (key: names[0], value: Cell.reading(label)),
            (key: names[1] == names[0] ? names[1] + " (x)" : names[1], value: Cell.reading(tick)),
            (key: names.contains("value") ? "value (z)" : "value", value: Cell.float(value)),
          ]
        }
      })
  }
}

extension Cell {
  /// A label as the number that it is, or as text.
  static func reading(_ label: String) -> Cell {
    if let value = Int(label), "\(value)" == label { return .int(value) }
    if let value = Double(label), value.isFinite { return .float(value) }
    return .string(label)
  }
}
