import ArgumentParser
import Glibc

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

  init() {}

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, found \(threads)") }
  }

  /// The options that take a value, and those that do not.
  static let valued = ["--color", "--seed", "--threads"]
  static let flags = ["--json"]
}
