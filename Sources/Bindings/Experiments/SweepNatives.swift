import Figures
import Interpreter
import Models
import Tensors

extension NativeTable {
  /// `sweep`
  mutating func addSweep(_ bench: Workbench) {
    self["sweep"] = { call in
      let grid = try Grid(call.record("grid"), call)
      let memory = try call.int("memory", atLeast: 0)
      let key = grid.columns.reduce(bench.key.fold("sweep")) { $0.fold($1.name) }
      let file =
        try call.value("to").isNull
        ? nil : SweepFile(call.string("to"), grid, SweepFile.Identity(grid, seed: call.session.seed, key: key))
      defer { file?.close() }
      let sweep = Sweep(grid: grid, block: try call.function("f"), key: key, file: file, call: call, bench: bench)
      // A sweep inside a sweep works with what is there already.
      let work = bench.sharing ?? SharedWork(prefixes: PrefixStore(byteLimit: min(memory, 1 << 30) << 20))
      return .object(TableObject(try bench.sharing(work) { try sweep.run(work) }))
    }
  }
}

/// One run over a grid.
private struct Sweep {
  let grid: Grid
  let block: Value
  let key: RandomKey
  let file: SweepFile?
  let call: NativeCall
  let bench: Workbench

  typealias Row = [(key: String, value: Cell)]

  /// The finished rows in the order of the grid. An interruption ends it with those that there are.
  func run(_ work: SharedWork) throws -> Table {
    var rows: [Int: Row] = [:]
    for (point, cells) in file?.finished ?? [:] { rows[point] = row(point, zip(file?.results ?? [], cells)) }
    let open = (0..<grid.count).filter { rows[$0] == nil }
    if let file, !rows.isEmpty {
      bench.notify("info: sweep goes on with \(rows.count) of \(grid.count) points in \(file.path)")
    }
    for (done, point) in open.enumerated() {
      bench.progress(call.name, done, open.count)
      work.beginPoint()
      do {
        let result = try result(of: point)
        try file?.append(point, result)
        rows[point] = row(point, result.lazy.map { ($0.key, $0.value) })
      } catch {
        let error = ScriptError(error)
        guard error.isInterruption, !rows.isEmpty else { throw located(error, point) }
        bench.notify(
          "warning: sweep was stopped; the table has \(rows.count) of \(grid.count) points")
        break
      }
    }
    bench.progress(call.name, open.count, open.count)
    return Table(records: rows.keys.sorted().map { rows[$0] ?? [] })
  }

  /// What the block gives at a point, as fields.
  private func result(of point: Int) throws -> Row {
    let value = try bench.drawing(from: grid.key(of: point, key)) {
      try call.running { try call.session.call(block, grid.record(of: point)) }
    }
    // What a block made of work that was cut short is no result.
    try call.session.checkInterrupt()
    guard !value.isNull else {
      throw ScriptError(.badArgument, "the block of `sweep` gives nothing; its last line must be a record or a number")
    }
    let fields = (value.object as? RecordObject)?.fields ?? [("value", value)]
    return try fields.map { name, value in
      if grid.columns.contains(where: { $0.name == name }) {
        throw ScriptError(.badArgument, "the block of `sweep` gives `\(name)`, which is a column of the grid already")
      }
      guard value.object == nil || value.stringValue != nil else {
        throw ScriptError(
          .badArgument,
          "the block of `sweep` gives \(value.typePhrase) as `\(name)`; a table holds numbers, texts and truth values",
          help: "reduce it to a number, with `mean` or `max` for instance")
      }
      return (name, value.cell)
    }
  }

  private func row(_ point: Int, _ result: some Sequence<(String, Cell)>) -> Row {
    zip(grid.columns, grid.cells(of: point)).map { ($0.name, $1) } + result.map { (key: $0.0, value: $0.1) }
  }

  /// The error with the point where it came up.
  private func located(_ error: ScriptError, _ point: Int) -> ScriptError {
    guard !error.isInterruption, error.diagnostic.help == nil else { return error }
    var error = error
    error.diagnostic.help = "this was the point of the sweep with \(grid.description(of: point))"
    return error
  }
}
