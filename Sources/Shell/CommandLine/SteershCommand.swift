import ArgumentParser

/// `steersh`: the prompt, and commands.
struct SteershCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steersh",
    abstract: "A shell and a small language for steering vision-language models.",
    usage: """
      steersh [options]                       a prompt
      steersh [options] FILE [--name value …] run a script; - is standard input
      steersh [options] -e EXPR
      steersh COMMAND …
      """,
    discussion: """
      OPTIONS OF THE PROMPT, SCRIPTS AND -e:
        -e EXPR           evaluate and show the value; may be repeated
        -i                stay at the prompt afterwards
        --color WHEN      colours: auto, always or never
        --seed N          start of all random draws, instead of the script's own
        --threads N       processor cores to use; results are the same with any number
        --json            errors as JSON, one object a line
        --runs DIR        the folder in which records of runs are kept
        --no-runs         keep none

      Exit status: 0 done, 1 evaluation failed, 2 wrong usage or a script that does not parse, 3 an `expect` does not \
      hold, 130 interrupted, 141 nobody reads the output any more.
      """,
    version: Version.text,
    subcommands: [
      PromptCommand.self, RunCommand.self, CheckCommand.self, FormatCommand.self, DocumentationCommand.self,
      RunsCommand.self,
    ],
    defaultSubcommand: PromptCommand.self)

  /// Global options written before a command belong to it, as far as the parser is concerned after its name.
  static func ordered(_ arguments: [String]) -> [String] {
    var head: [String] = []
    var rest = arguments[...]
    while let first = rest.first {
      let name = String(first.prefix { $0 != "=" })
      if GlobalOptions.flags.contains(first) || GlobalOptions.valued.contains(name) && first != name {
        head.append(rest.removeFirst())
      } else if GlobalOptions.valued.contains(first), rest.count > 1 {
        head.append(rest.removeFirst())
        head.append(rest.removeFirst())
      } else {
        break
      }
    }
    let commands = configuration.subcommands.map { $0.configuration.commandName ?? "" }
    guard let first = rest.first, commands.contains(first) else { return arguments }
    // A command of commands hands its options on to the one that is named, or to the one that is meant without a name.
    guard first == "runs" else { return [first] + head + rest.dropFirst() }
    let actions = RunsCommand.configuration.subcommands.map { $0.configuration.commandName ?? "" }
    let action = rest.dropFirst().first.flatMap { actions.contains($0) ? $0 : nil }
    return [first, action ?? "list"] + head + rest.dropFirst(action == nil ? 1 : 2)
  }
}

enum Version {
  static let text = "steersh 0.1.0"
}
