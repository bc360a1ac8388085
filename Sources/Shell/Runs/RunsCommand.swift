import ArgumentParser
import Figures
import Glibc
import Records

/// `steersh runs`: what was done.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List, show, compare, export and delete the records of runs.",
    discussion: """
      Every `train`, `learn`, `sweep` and `evaluate` leaves a record. Records are kept in runs.sqlite in \
      $XDG_DATA_HOME/steersh, or ~/.local/share/steersh; --runs DIR names another folder.
      """,
    subcommands: [
      ListRunsCommand.self, ShowRunCommand.self, CompareRunsCommand.self, ExportRunsCommand.self,
      DeleteRunsCommand.self,
    ], defaultSubcommand: ListRunsCommand.self)
}

/// One thing to do with records.
protocol RunsAction: ParsableCommand {
  var options: GlobalOptions { get }
  func run(on console: Console, _ store: RunStore?) throws -> ExitStatus
}

extension RunsAction {
  func run(on console: Console) throws -> ExitStatus {
    guard case .folder(let folder) = options.place else {
      throw ValidationError("there is no folder to look for runs in: HOME is not set; give one with --runs")
    }
    return try run(on: console, RunStore.reading(folder: folder))
  }

  /// What may be assumed of where the output goes.
  func screen(_ console: Console) -> Figures.Terminal {
    let size = console.isOutputTerminal ? Terminal.size() : nil
    return Figures.Terminal(
      width: size?.columns ?? 120, height: size?.rows ?? 60, color: options.color.isColored(on: STDOUT_FILENO))
  }
}

/// `steersh runs [list]`
struct ListRunsCommand: RunsAction {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the runs, the last one last.")

  @OptionGroup var options: GlobalOptions

  @Option(name: .customShort("n"), help: ArgumentHelp("Only the last N.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("Only train, learn, sweep or evaluate.", valueName: "kind"))
  var kind: String?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("-n must be at least 1, found \(count)") }
  }

  func run(on console: Console, _ store: RunStore?) throws -> ExitStatus {
    var runs = try store?.list() ?? []
    if let kind { runs = runs.filter { $0.kind == kind } }
    guard !runs.isEmpty else {
      console.report((kind.map { "there is no run of the kind `\($0)`" } ?? "\(RunError.noRuns)") + "\n")
      return .success
    }
    if let count { runs = runs.suffix(count) }
    let limits = Table.Limits(rows: runs.count, columnWidth: 60)
    console.write(Table(runs).rendered(on: screen(console), limits: limits) + "\n")
    return .success
  }
}

/// `steersh runs show [ID]`
struct ShowRunCommand: RunsAction {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is kept of a run.")

  @OptionGroup var options: GlobalOptions

  @Flag(help: "Also the script as it was.")
  var script = false

  @Argument(help: ArgumentHelp("The run's number; without it the last one.", valueName: "id"))
  var id: Int = -1

  func run(on console: Console, _ store: RunStore?) throws -> ExitStatus {
    guard let store else { throw RunError.noRuns }
    let run = try store.run(id)
    var text = run.card(on: screen(console)) + "\n"
    if script {
      for script in [run.subject.script] + run.subject.used {
        text += "\n# \(script.name)\n\(script.text)" + (script.text.hasSuffix("\n") ? "" : "\n")
      }
    }
    console.write(text)
    return .success
  }
}

/// `steersh runs compare A B`
struct CompareRunsCommand: RunsAction {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Show in what two runs differ: metrics, what they were made with, scripts.")

  @OptionGroup var options: GlobalOptions

  @Argument(help: ArgumentHelp("The number of a run.", valueName: "a"))
  var first: Int

  @Argument(help: ArgumentHelp("The number of another.", valueName: "b"))
  var second: Int

  func run(on console: Console, _ store: RunStore?) throws -> ExitStatus {
    guard let store else { throw RunError.noRuns }
    let comparison = try RunComparison(store.run(first), store.run(second))
    console.write(comparison.text(on: screen(console)) + "\n")
    return .success
  }
}

/// `steersh runs export [ID…]`
struct ExportRunsCommand: RunsAction {
  enum Format: String, CaseIterable, ExpressibleByArgument { case json, csv }

  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write runs as JSON, with everything that is kept, or as CSV, a line for each.")

  @OptionGroup var options: GlobalOptions

  @Option(help: ArgumentHelp("json or csv.", valueName: "format"))
  var format: Format?

  @Option(
    help: ArgumentHelp("A file to write; without it standard output. Its ending may say the format.", valueName: "file")
  )
  var to: String?

  @Argument(help: ArgumentHelp("The numbers of runs; without any all of them.", valueName: "id"))
  var ids: [Int] = []

  func run(on console: Console, _ store: RunStore?) throws -> ExitStatus {
    let ids = try ids.isEmpty ? store?.list().map(\.id) ?? [] : ids
    guard let store else {
      if ids.isEmpty { console.report("\(RunError.noRuns)\n") } else { throw RunError.noRuns }
      return .success
    }
    let runs = try ids.map { try store.run($0) }
    let isCSV = format.map { $0 == .csv } ?? to?.lowercased().hasSuffix(".csv") ?? false
    let text = isCSV ? Table(runs, metrics: true).csv : Run.json(runs)
    if let to { try TextFile.replace(to, with: text) } else { console.write(text) }
    return .success
  }
}
