import ArgumentParser
import Glibc
import Records

enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never

  /// Whether to write colours to `descriptor`. `NO_COLOR`, unless empty, asks for none (no-color.org).
  func isColored(on descriptor: Int32) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto:
      (Terminal.environment("NO_COLOR") ?? "").isEmpty && Terminal.isTerminal(descriptor) && !Terminal.isDumb
    }
  }
}

/// Options of every command that evaluates.
struct GlobalOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"))
  var color: ColorChoice = .auto

  @Option(help: "Start of all random draws, as the statement `seed`.")
  var seed: Int?

  @Option(help: "Processor cores to use; the results are the same with any number.")
  var threads: Int?

  @Flag(help: "Errors as JSON, one object a line, on standard error.")
  var json = false

  @Option(help: ArgumentHelp("The folder in which records of runs are kept.", valueName: "dir"))
  var runs: String?

  @Flag(name: .customLong("no-runs"), help: "Keep no records of runs.")
  var keepsNoRuns = false

  init() {}

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, found \(threads)") }
    if let runs {
      guard !runs.isEmpty else { throw ValidationError("--runs needs a folder") }
      guard !keepsNoRuns else { throw ValidationError("--runs and --no-runs exclude each other") }
    }
  }

  /// The options that take a value, and those that do not.
  static let valued = ["--color", "--seed", "--threads", "--runs"]
  static let flags = ["--json", "--no-runs"]

  /// Where records of runs go; with neither a folder nor a home they end with the process.
  var place: RunRecorder.Place {
    if keepsNoRuns { return .nowhere }
    return (runs ?? RunStore.defaultFolder).map { .folder($0) } ?? .memory
  }
}
