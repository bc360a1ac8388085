import Checkpoints
import Figures
import Interpreter
import Tensors

/// The table that a sweep writes row by row, and what says which sweep it is of: `grid.csv` and `grid.csv.sweep`.
final class SweepFile {
  /// The finished points that the file held when it was opened.
  private(set) var finished: [Int: [Cell]] = [:]
  /// The columns after the grid's, once they are known.
  private(set) var results: [String] = []
  private let grid: Grid
  private let identity: Identity
  private let file: GrowingFile
  private var isEmpty = true

  var path: String { file.path }
  private static func origin(of path: String) -> String { path + ".sweep" }

  /// - Parameter identity: what the finished rows must have been made with.
  /// - Throws: an error that says what differs when the file is of something else.
  init(_ path: String, _ grid: Grid, _ identity: Identity) throws {
    self.grid = grid
    self.identity = identity
    guard path.hasSuffix(".csv") else {
      throw ScriptError(.badArgument, "argument `to` of `sweep` must end in .csv, found \"\(path)\"")
    }
    file = try GrowingFile(path: path)
    do {
      let bytes = try file.bytes()
      if !bytes.isEmpty {
        try Self.check(path, identity)
        try read(bytes)
      }
    } catch {
      if file.isNew { file.remove() }
      throw error
    }
  }

  /// Leaves no empty file behind.
  func close() { if file.isNew, isEmpty { file.remove() } }

  /// Writes the row of a point.
  ///
  /// - Throws: for a field that the file has no column for.
  func append(_ point: Int, _ result: [(key: String, value: Cell)]) throws {
    var text = ""
    if isEmpty {
      results = result.map(\.key)
      // First the word on what the rows are of: without it they could not be gone on with.
      try AtomicFile.write(identity.json.text(pretty: true) + "\n", to: Self.origin(of: path))
      text = Self.line((grid.columns.map(\.name) + results).map { .string($0) })
    }
    if let odd = result.first(where: { !results.contains($0.key) }) {
      throw ScriptError(
        .badArgument,
        "the block of `sweep` gives `\(odd.key)` at \(grid.description(of: point)), for which \(path) has no column; it "
          + "has \(results.map { "`\($0)`" }.joined(separator: ", "))")
    }
    let cells = results.map { name in result.first { $0.key == name }?.value ?? .missing }
    // The header goes with the first row; each row reaches the disk whole before its point counts as done.
    try file.append((text + Self.line(grid.cells(of: point) + cells)).utf8)
    isEmpty = false
  }

  private static func line(_ cells: [Cell]) -> String { cells.map(\.csv).joined(separator: ",") + "\n" }

  // MARK: Going on

  private static func check(_ path: String, _ identity: Identity) throws {
    let origin: JSON
    do {
      origin = try JSON.parse(FileBytes(path: Self.origin(of: path)))
    } catch {
      throw ScriptError(
        .badArgument, "\(path) is there already, and nothing says which sweep it is of (\(error))",
        help: "choose another file, or remove this one")
    }
    guard let difference = identity.difference(from: origin) else { return }
    throw ScriptError(
      .badArgument, "\(path) holds another sweep: \(difference)", help: "choose another file, or remove this one")
  }

  /// Takes the finished rows, and cuts off a last one that was not finished.
  private func read(_ bytes: [UInt8]) throws {
    var records = CSVReader(bytes).records
    guard let header = records.first else { return try file.truncate(to: 0) }
    let names = header.cells.map(\.text)
    guard Array(names.prefix(grid.columns.count)) == grid.columns.map(\.name) else {
      throw ScriptError(
        .badArgument, "\(path) begins with the columns \(names.joined(separator: ", ")), not with those of this sweep",
        help: "choose another file, or remove this one")
    }
    results = Array(names.dropFirst(grid.columns.count))
    isEmpty = false
    if let last = records.last, records.count > 1, point(of: last, names) == nil { records.removeLast() }
    for (index, record) in records.enumerated().dropFirst() {
      guard let point = point(of: record, names), finished[point] == nil else {
        throw ScriptError(
          .badArgument, "\(path): line \(index + 1) is no row of this sweep, or is there twice",
          help: "choose another file, or remove this one")
      }
      finished[point] = Array(record.cells.dropFirst(grid.columns.count))
    }
    let end = records.last?.end ?? 0
    if end < bytes.count { try file.truncate(to: end) }
  }

  private func point(of record: CSVReader.Record, _ names: [String]) -> Int? {
    // A row of which a power cut left zeros in the middle is no row, though it ends in a line.
    guard record.cells.count == names.count, !record.cells.contains(where: { $0.text.utf8.contains(0) }) else {
      return nil
    }
    return grid.point(of: record.cells.prefix(grid.columns.count))
  }
}

extension SweepFile {
  /// What a row depends on beside the block: the points and where they draw from.
  struct Identity {
    let json: JSON
    private let columns: [(name: String, values: [String])]
    private let seed: Int?
    private let draws: String

    init(_ grid: Grid, seed: Int?, key: RandomKey) {
      columns = grid.columns.map { ($0.name, $0.cells.map(\.csv)) }
      self.seed = seed
      draws = String(key.word, radix: 16)
      json = .object([
        "format": .integer(1), "seed": seed.map { .integer($0) } ?? .null, "draws": .string(draws),
        "columns": .object(JSON.Object(columns.map { ($0.name, .array($0.values.map { .string($0) })) })),
      ])
    }

    /// What of a file's origin is not as here; nil where all is.
    func difference(from origin: JSON) -> String? {
      guard case .object(let fields) = origin, fields["format"] == .integer(1),
        case .object(let found)? = fields["columns"]
      else { return "its .sweep file is not of this version of steersh" }
      guard found.keys == columns.map(\.name) else {
        return "it goes over \(Self.listing(found.keys)), this one over \(Self.listing(columns.map(\.name)))"
      }
      for (name, values) in columns {
        guard case .array(let elements)? = found[name] else { return "its .sweep file is damaged" }
        let others = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
        if others != values {
          return "its `\(name)` goes over \(Self.listing(others)), here it goes over \(Self.listing(values))"
        }
      }
      guard fields["draws"] != .string(draws) else { return nil }
      let other: Int? = if case .integer(let seed)? = fields["seed"] { seed } else { nil }
      if other == seed { return "its random draws come from another place of the script" }
      func text(_ seed: Int?) -> String { seed.map { "seed \($0)" } ?? "no seed" }
      return "it was made with \(text(other)), here is \(text(seed))"
    }

    private static func listing(_ names: [String]) -> String {
      let shown = names.prefix(12).joined(separator: ", ")
      return names.count > 12 ? "\(shown), … (\(names.count) values)" : shown
    }
  }
}
