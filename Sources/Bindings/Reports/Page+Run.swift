import Figures
import Interpreter
import Records
import Reports
import Syntax

extension RunObject {
  /// `train of tilt.steer`
  var title: String {
    let name = run.subject.script.name.split(separator: "/").last.map(String.init) ?? ""
    return name.isEmpty || name.hasPrefix("<") ? "Run \(run.id): \(run.kind)" : "Run \(run.id): \(run.kind) in \(name)"
  }

  var subtitle: String { run.statusWords }

  /// What the run came to, with what it was made, and its script.
  var sections: [Page.Section] {
    var contents: [Page.Content] = []
    if !run.metrics.isEmpty {
      contents.append(
        .numbers(
          run.metrics.map {
            (name: $0.name.split(separator: "_").joined(separator: " "), value: Cell.float($0.value).short(digits: 4))
          }))
    }
    contents += run.tables.flatMap { Self.contents($0, of: run) }
    if contents.isEmpty { contents = [.text("It is \(run.status.rawValue) and left no numbers.")] }
    var sections = [
      Page.Section("Results", contents), Page.Section("Made with", [.facts(run.facts)]),
    ]
    if !run.files.isEmpty {
      sections.append(
        Page.Section(
          "Files",
          [
            .table(
              Table(
                records: run.files.map { file in
                  [
                    (key: "file", value: .string(file.path)),
                    (key: "bytes", value: file.bytes > 0 ? .int(file.bytes) : .missing),
                  ]
                }))
          ]))
    }
    let scripts = [run.subject.script] + run.subject.used
    sections += scripts.filter { !$0.text.isEmpty }.enumerated().map { index, script in
      Page.Section(
        index == 0 ? "Script" : "Used: \(script.name)", [.code(Self.highlighted(script.text, name: script.name))])
    }
    return sections
  }

  /// A training's losses, a sweep's grid as heat maps or curves, else the table.
  private static func contents(_ result: RunTable, of run: Run) -> [Page.Content] {
    if result.name == "history", let contents = try? PageMaker.training(result.table) { return contents }
    let names = run.subject.settings.map(\.name)
    let grid = result.table.columns.filter { names.contains($0.name) }
    // What is the same everywhere is no picture.
    let values = result.table.columns.filter { column in
      column.isNumeric && !names.contains(column.name) && column.cells.contains { $0 != column.cells.first }
    }
    let figures = (1...2).contains(grid.count) ? values.prefix(6).compactMap { figure($0, over: grid) } : []
    return figures.map { .drawing($0.0, caption: $0.1) } + [.table(result.table)]
  }

  private static func figure(_ values: Column, over grid: [Column]) -> (any Figure, String)? {
    let numbers = values.cells.map { Value($0).doubleValue ?? .nan }
    if grid.count == 1 {
      guard grid[0].isNumeric else {
        return (try? Plot.bar(grid[0].cells.map(\.text), [Plot.Bars(values: numbers)], x: grid[0].name, y: values.name))
          .map { ($0, values.name) }
      }
      let places = grid[0].cells.map { Value($0).doubleValue ?? .nan }
      guard let curve = try? Plot.Curve(x: places, y: numbers) else { return nil }
      return (Plot([curve], x: grid[0].name, y: values.name), "")
    }
    func distinct(_ column: Column) -> [String] {
      var seen: Set<String> = []
      return column.cells.map(\.text).filter { seen.insert($0).inserted }
    }
    let (rows, columns) = (distinct(grid[1]), distinct(grid[0]))
    var cells = [[Double]](repeating: [Double](repeating: .nan, count: columns.count), count: rows.count)
    for (index, number) in numbers.enumerated() {
      guard let i = rows.firstIndex(of: grid[1].cells[index].text),
        let j = columns.firstIndex(of: grid[0].cells[index].text)
      else { continue }
      cells[i][j] = number
    }
    let name = values.name.split(separator: "_").joined(separator: " ") + ", by \(grid[0].name) and \(grid[1].name)"
    return (try? Heatmap(cells, xTicks: columns, yTicks: rows, title: values.name, x: grid[0].name, y: grid[1].name))
      .map { ($0, name) }
  }

  /// A script in pieces, each with what it is.
  static func highlighted(_ text: String, name: String) -> [Page.CodePiece] {
    let source = SourceText(name: name, text)
    var pieces: [Page.CodePiece] = []
    var end = 0
    func take(_ upTo: Int, _ kind: String) {
      guard upTo > end else { return }
      pieces.append(Page.CodePiece(source.text(Span(end, upTo)), kind: kind))
      end = upTo
    }
    for piece in Highlighter.pieces(source) {
      take(piece.span.lower, "")
      take(piece.span.upper, kind(piece.kind))
    }
    take(source.bytes.count, "")
    return pieces
  }

  private static func kind(_ kind: Highlighter.Class) -> String {
    switch kind {
    case .keyword: "keyword"
    case .constant, .number: "number"
    case .string, .escape: "string"
    case .comment, .documentation: "comment"
    case .member: "path"
    default: ""
    }
  }
}
