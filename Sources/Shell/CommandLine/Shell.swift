import ArgumentParser
import CEditline
import Glibc
import Records
import Syntax

/// The program: reads its command line, and does what that says.
public enum Shell {
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - factory: makes the sessions.
  /// - Returns: the exit status.
  public static func run(_ arguments: [String], factory: @escaping SessionFactory) -> Int32 {
    let isLocalUTF8 = Terminal.useUTF8()
    let command: any ParsableCommand
    do {
      command = try SteershCommand.parseAsRoot(SteershCommand.ordered(arguments))
    } catch {
      return explain(error)
    }
    let console = Console()
    defer { console.flush() }
    do {
      let status: ExitStatus =
        switch command {
        case let command as PromptCommand: try run(command, console, factory, isLocalUTF8: isLocalUTF8)
        case let command as RunCommand: try run(command, console, factory)
        case let command as CheckCommand: try check(command, console, factory)
        case let command as FormatCommand: try format(command, console)
        case let command as DocumentationCommand: try document(command, console, factory)
        case let command as any RunsAction: try command.run(on: console)
        default: try other(command)
        }
      return status.rawValue
    } catch let status as ExitStatus {
      return status.rawValue
    } catch let error as FileError {
      return complain(error.diagnostic, of: command, console)
    } catch let error as RunError {
      return complain(Diagnostic(.unusableFile, "\(error)", at: nil), of: command, console)
    } catch {
      return explain(error)
    }
  }

  private static func complain(
    _ diagnostic: Diagnostic, of command: any ParsableCommand, _ console: Console
  ) -> Int32 {
    let options = options(of: command)
    console.report(Evaluator.text(of: [diagnostic], json: options?.json ?? false, color: options?.color ?? .auto))
    return ExitStatus.usage.rawValue
  }

  /// Help, the version, and what is wrong with the command line.
  private static func explain(_ error: any Error) -> Int32 {
    let isFine = SteershCommand.exitCode(for: error).isSuccess
    let text = SteershCommand.fullMessage(for: error)
    let console = Console()
    if !text.isEmpty { isFine ? console.write(text + "\n") : console.report(text + "\n") }
    console.flush()
    return isFine ? ExitStatus.success.rawValue : ExitStatus.usage.rawValue
  }

  private static func options(of command: any ParsableCommand) -> GlobalOptions? {
    switch command {
    case let command as PromptCommand: command.options
    case let command as RunCommand: command.options
    case let command as CheckCommand: command.options
    case let command as FormatCommand: command.options
    case let command as DocumentationCommand: command.options
    case let command as any RunsAction: command.options
    default: nil
    }
  }

  private static func other(_ command: any ParsableCommand) throws -> ExitStatus {
    var command = command
    try command.run()
    return .success
  }

  // MARK: Evaluating

  private static func run(
    _ command: PromptCommand, _ console: Console, _ factory: @escaping SessionFactory, isLocalUTF8: Bool
  ) throws -> ExitStatus {
    let isAsked = command.expressions.isEmpty && command.script.isEmpty
    guard isAsked else {
      guard command.expressions.isEmpty || command.script.isEmpty else {
        throw ValidationError("-e and a script exclude each other; found both -e and \(command.script[0])")
      }
      guard let script = try ScriptInvocation(command.script, command.options) else {
        return try expressions(command, console, factory, isLocalUTF8: isLocalUTF8)
      }
      if script.wantsHelp { return script.help(console) }
      let evaluator = try Evaluator(options: script.options, console: console, factory: factory)
      let status = script.run(in: evaluator)
      return command.interactive ? prompt(evaluator, script.options, isLocalUTF8) : status
    }
    guard Terminal.isTerminal(STDIN_FILENO) else {
      return try run(["-"], command.options, console, factory)
    }
    let evaluator = try Evaluator(options: command.options, console: console, factory: factory)
    return prompt(evaluator, command.options, isLocalUTF8)
  }

  private static func expressions(
    _ command: PromptCommand, _ console: Console, _ factory: @escaping SessionFactory, isLocalUTF8: Bool
  ) throws -> ExitStatus {
    let evaluator = try Evaluator(options: command.options, console: console, factory: factory)
    var status = ExitStatus.success
    for expression in command.expressions where status == .success {
      status = evaluator.evaluate(SourceText(name: "<-e>", expression), mode: .prompt).status
    }
    return command.interactive ? prompt(evaluator, command.options, isLocalUTF8) : status
  }

  private static func prompt(_ evaluator: Evaluator, _ options: GlobalOptions, _ isLocalUTF8: Bool) -> ExitStatus {
    Conversation(evaluator, isColored: options.color.isColored(on: STDOUT_FILENO), isUTF8: isLocalUTF8).run()
  }

  private static func run(
    _ command: RunCommand, _ console: Console, _ factory: @escaping SessionFactory
  ) throws -> ExitStatus {
    // Everything behind `run` belongs to the script, but there is none yet.
    if command.script.first == "--help" || command.script.first == "-h" {
      throw CleanExit.helpRequest(RunCommand.self)
    }
    return try run(command.script, command.options, console, factory)
  }

  private static func run(
    _ arguments: [String], _ options: GlobalOptions, _ console: Console, _ factory: @escaping SessionFactory
  ) throws -> ExitStatus {
    guard let script = try ScriptInvocation(arguments, options) else { throw ValidationError("which script?") }
    if script.wantsHelp { return script.help(console) }
    return script.run(in: try Evaluator(options: script.options, console: console, factory: factory))
  }

  // MARK: Looking at scripts

  private static func check(
    _ command: CheckCommand, _ console: Console, _ factory: @escaping SessionFactory
  ) throws -> ExitStatus {
    let sources = try command.files.map { try FileLoader.read($0) }
    let evaluator = try Evaluator(options: command.options, console: console, factory: factory)
    var status = ExitStatus.success
    for source in sources {
      let diagnostics = evaluator.current.check(source)
      evaluator.report(diagnostics)
      if diagnostics.contains(where: { $0.severity == .error }) { status = .usage }
    }
    return status
  }

  private static func format(_ command: FormatCommand, _ console: Console) throws -> ExitStatus {
    var status = ExitStatus.success
    for file in command.files {
      let source = try FileLoader.read(file)
      let script = Script.parse(source)
      guard !script.hasErrors else {
        console.report(
          Evaluator.text(of: script.diagnostics, json: command.options.json, color: command.options.color))
        status = .usage
        continue
      }
      let result = Formatter.format(source)
      let isChanged = !result.utf8.elementsEqual(source.bytes)
      if command.check {
        if isChanged {
          console.write("\(source.name)\n")
          if status == .success { status = .evaluation }
        }
      } else if file == "-" {
        console.write(result)
      } else if isChanged {
        try TextFile.replace(file, with: result)
      }
    }
    return status
  }

  private static func document(
    _ command: DocumentationCommand, _ console: Console, _ factory: @escaping SessionFactory
  ) throws -> ExitStatus {
    let evaluator = try Evaluator(options: command.options, console: console, factory: factory)
    let help = HelpText(evaluator.session, isColored: command.options.color.isColored(on: STDOUT_FILENO))
    guard let name = command.name else {
      console.write(help.overview)
      return .success
    }
    guard let text = help.about(name) else {
      console.report("steersh: \(help.unknown(name))\n")
      return .usage
    }
    console.write(text)
    return .success
  }
}
