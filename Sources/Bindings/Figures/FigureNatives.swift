import Figures
import Interpreter
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/figures.steer` that make tables and figures.
  mutating func addFigures() {
    self["table"] = { call in .object(TableObject(try Table(call.value("rows"), for: call))) }
    self["plot"] = { call in
      let series = try FigureData(call)
      return .object(FigureObject(try series.plot(kind: call.string("kind"), title: call.text("title"))))
    }
    self["heatmap"] = { call in .object(FigureObject(try Heatmap(call))) }
  }
}

extension NativeCall {
  /// A string argument that may be nil, which reads as no text.
  func text(_ parameter: String) throws -> String { value(parameter).isNull ? "" : try string(parameter) }

  /// The one name of a `column` or `axis` parameter, nil when it is not given.
  func name(_ parameter: String) throws -> String? {
    let names = try names(parameter)
    guard names.count <= 1 else { throw wrongValue(parameter, "takes one name, found \(names.count)") }
    return names.first
  }
}

extension Table {
  /// From a table, a list of records, or a record of columns.
  init(_ value: Value, for call: NativeCall) throws {
    switch value.object {
    case let object as TableObject: self = object.table
    case let object as RecordObject:
      self = try Table(columns: object.fields.map { name, value in Column(name, try value.cells(of: name, for: call)) })
    default:
      guard let rows = try call.session.elements(of: value) else {
        throw call.wrongType("rows", expected: "a list of records")
      }
      self.init(
        records: try rows.enumerated().map { position, row in
          guard let record = row.object as? RecordObject else {
            throw call.wrongValue("rows", "must hold records, element \(position) is \(row.typePhrase)")
          }
          return record.fields.map { (key: $0.0, value: $0.1.cell) }
        })
    }
  }
}

extension Value {
  /// A column: a list, or a tensor of one axis.
  fileprivate func cells(of name: String, for call: NativeCall) throws -> [Cell] {
    if let tensor = (object as? TensorObject)?.tensor {
      guard tensor.shape.rank == 1 else {
        throw call.wrongValue("rows", "has a column `\(name)` of shape \(tensor.shape); a column has one axis")
      }
      return tensor.dtype == .f64 ? tensor.doubles().map { .float($0) } : tensor.floats().map { Cell($0) }
    }
    guard stringValue == nil, let elements = try call.session.elements(of: self) else {
      throw call.wrongValue("rows", "has a column `\(name)` that is \(typePhrase); a column is a list or a tensor")
    }
    return elements.map(\.cell)
  }
}

/// What a plot draws: categories or positions, and one or more series over them.
struct FigureData {
  var labels: [String]
  var positions: [Double]
  var series: [(name: String, values: [Double])]
  var x: String
  var y: String

  /// From the arguments `data`, `x` and `y` of `plot`.
  init(_ call: NativeCall) throws {
    let x = try call.name("x")
    let y = try call.names("y")
    switch call.value("data").object {
    case let object as TensorObject: try self.init(object.tensor, call)
    case let object as ListObject where object.elements.allSatisfy { $0.doubleValue != nil }:
      self.init(values: object.elements.compactMap(\.doubleValue), x: x ?? "", y: y.first ?? "")
    default: try self.init(TableObject(try Table(call.value("data"), for: call)), x: x, y: y, call)
    }
  }

  private init(values: [Double], x: String, y: String) {
    positions = values.indices.map(Double.init)
    labels = values.indices.map(String.init)
    series = [("", values)]
    self.x = x
    self.y = y
  }

  private init(_ tensor: Tensor, _ call: NativeCall) throws {
    let axes = tensor.axes
    guard (1...2).contains(axes.count), let along = axes.last else {
      throw call.wrongValue("data", "has the shape \(tensor.shape); a plot takes one axis, or two for several lines")
    }
    let values = tensor.doubles()
    labels = (0..<along.size).map { along.labels?.label(at: $0) ?? "\($0)" }
    positions = labels.enumerated().map { Double($1) ?? Double($0) }
    if axes.count == 1 {
      series = [("", values)]
    } else {
      let first = axes[0]
      series = (0..<first.size).map { row in
        let label = first.labels?.label(at: row) ?? "\(row)"
        return ("\(first.name) \(label)", Array(values[row * along.size..<(row + 1) * along.size]))
      }
    }
    x = try call.name("x") ?? along.name
    y = try call.name("y") ?? ""
  }

  private init(_ object: TableObject, x: String?, y: [String], _ call: NativeCall) throws {
    let columns = object.table.columns
    let over = try x.map { try object.column($0) } ?? columns.first
    let shown =
      y.isEmpty ? columns.filter { $0.isNumeric && $0.name != over?.name } : try y.map { try object.column($0) }
    guard let over, !shown.isEmpty else { throw call.wrongValue("data", "has no column of numbers to draw") }
    labels = over.cells.map(\.text)
    positions = labels.enumerated().map { Double($1) ?? Double($0) }
    series = try shown.map { column in
      guard column.isNumeric else { throw call.wrongValue("y", "names `\(column.name)`, which does not hold numbers") }
      return (column.name, column.cells.map { Value($0).doubleValue ?? .nan })
    }
    self.x = over.name
    self.y = shown.count == 1 ? shown[0].name : ""
  }

  func plot(kind: String, title: String) throws -> Plot {
    switch kind {
    case "line", "points":
      let style: Plot.Style = kind == "line" ? .line : .points
      return Plot(
        try series.map { try Plot.Curve($0.name, x: positions, y: $0.values, style: style) }, title: title, x: x, y: y)
    case "bar":
      return try Plot.bar(labels, series.map { Plot.Bars($0.name, values: $0.values) }, title: title, x: x, y: y)
    case "histogram":
      return Plot.histogram(series.flatMap(\.values), title: title, x: y)
    default:
      throw ScriptError(
        .badArgument,
        "argument `kind` of `plot` must be \"line\", \"points\", \"bar\" or \"histogram\", found \"\(kind)\"")
    }
  }
}

extension Heatmap {
  /// From a tensor of two axes, or from three columns of a table.
  fileprivate init(_ call: NativeCall) throws {
    let title = try call.text("title")
    if let tensor = (call.value("data").object as? TensorObject)?.tensor {
      guard tensor.shape.rank == 2 else {
        throw call.wrongValue("data", "has the shape \(tensor.shape); a heat map of a tensor takes two axes")
      }
      let (down, across) = (tensor.axes[0], tensor.axes[1])
      let values = tensor.doubles()
      func ticks(_ axis: Axis) -> [String] { (0..<axis.size).map { axis.labels?.label(at: $0) ?? "\($0)" } }
      try self.init(
        (0..<down.size).map { Array(values[$0 * across.size..<($0 + 1) * across.size]) }, xTicks: ticks(across),
        yTicks: ticks(down), title: title, x: across.name, y: down.name)
      return
    }
    let object = TableObject(try Table(call.value("data"), for: call))
    func column(_ parameter: String) throws -> Column {
      guard let name = try call.name(parameter) else {
        throw call.wrongValue(parameter, "must name a column of the table")
      }
      return try object.column(name)
    }
    let (x, y, value) = (try column("x"), try column("y"), try column("value"))
    let columns = Self.distinct(x)
    let rows = Self.distinct(y)
    var cells = [[Double]](repeating: [Double](repeating: .nan, count: columns.count), count: rows.count)
    for row in 0..<object.table.rowCount {
      guard let i = rows.firstIndex(of: y.cells[row].text), let j = columns.firstIndex(of: x.cells[row].text) else {
        continue
      }
      cells[i][j] = Value(value.cells[row]).doubleValue ?? .nan
    }
    try self.init(cells, xTicks: columns, yTicks: rows, title: title, x: x.name, y: y.name)
  }

  /// A column's values as labels, each once, in the order in which they come.
  private static func distinct(_ column: Column) -> [String] {
    var seen: Set<String> = []
    return column.cells.map(\.text).filter { seen.insert($0).inserted }
  }
}
