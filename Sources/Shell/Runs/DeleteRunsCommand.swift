import ArgumentParser
import Records

/// `steersh runs delete ID…`
struct DeleteRunsCommand: RunsAction {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete the records of runs. Files that the runs wrote stay.",
    discussion: """
      Nothing is asked. Of several numbers all are deleted or, where one is unknown or still running, none. Numbers are not given \
      out again.
      """)

  @OptionGroup var options: GlobalOptions

  @Flag(help: "Runs without an end whose process is gone.")
  var unfinished = false

  @Option(help: ArgumentHelp("Runs that began before a day, such as 2026-11-21, and are over.", valueName: "date"))
  var before: String?

  @Argument(help: ArgumentHelp("The numbers of runs.", valueName: "id"))
  var ids: [Int] = []

  func validate() throws {
    let isSelected = unfinished || before != nil
    guard ids.isEmpty == isSelected else {
      throw ValidationError(
        isSelected
          ? "give the numbers of runs, or --unfinished and --before, not both"
          : "say which runs: their numbers, --unfinished, or --before DATE")
    }
  }

  func run(on console: Console, _ store: RunStore?) throws -> ExitStatus {
    let selection = try RunSelection(isUnfinished: unfinished, before: before)
    guard let store else {
      guard ids.isEmpty else { throw RunError.noRuns }
      console.report("\(RunError.noRuns)\n")
      return .success
    }
    let wanted = try ids.isEmpty ? store.list().filter(selection.contains).map(\.id) : ids
    guard !wanted.isEmpty else {
      console.report("there is no such run\n")
      return .success
    }
    let deleted = try store.delete(wanted)
    let numbers = deleted.map(String.init).joined(separator: ", ")
    console.write("deleted run\(deleted.count == 1 ? "" : "s") \(numbers)\n")
    return .success
  }
}
