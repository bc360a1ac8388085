import ArgumentParser

/// What `steersh` without a command does: the prompt, a script, `-e`.
struct PromptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prompt", abstract: "Open a prompt; or evaluate -e, or run FILE.", shouldDisplay: false)

  @OptionGroup var options: GlobalOptions

  @Option(
    name: .customShort("e"), help: ArgumentHelp("Evaluate and show the value; may be repeated.", valueName: "expr"))
  var expressions: [String] = []

  @Flag(name: .customShort("i"), help: "Stay at the prompt afterwards.")
  var interactive = false

  @Argument(
    parsing: .captureForPassthrough, help: ArgumentHelp("A script and its inputs, as for `run`.", valueName: "file"))
  var script: [String] = []
}

/// `steersh run FILE [--name value …]`
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a script.",
    discussion: "`steersh run FILE --help` lists the inputs that the script declares.")

  @OptionGroup var options: GlobalOptions

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("The script, - for standard input, and --name value for its inputs.", valueName: "file"))
  var script: [String]
}

/// `steersh check FILE…`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Look for mistakes without running.")

  @OptionGroup var options: GlobalOptions

  @Argument(help: ArgumentHelp("Scripts; - is standard input.", valueName: "file"))
  var files: [String]
}

/// `steersh fmt FILE…`
struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Lay out scripts in the one way there is.")

  @OptionGroup var options: GlobalOptions

  @Flag(help: "Write nothing; name the files that would change, with status 1 if there are any.")
  var check = false

  @Argument(help: ArgumentHelp("Scripts, rewritten in place; - goes from standard input to output.", valueName: "file"))
  var files: [String]
}

/// `steersh doc [NAME]`
struct DocumentationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc", abstract: "Show what a name of the standard library does, or list them all.")

  @OptionGroup var options: GlobalOptions

  @Argument(help: ArgumentHelp("A name of the standard library.", valueName: "name"))
  var name: String?
}
