import CEditline
import Glibc
import Interpreter
import Syntax

/// The prompt: reads chunks, evaluates them, and obeys what is said besides the language.
final class Conversation {
  private let evaluator: Evaluator
  private let language: PromptLanguage
  private let history: History
  private let isColored: Bool
  private let mark: String
  /// Of the chunk that is read next.
  private var number = 1
  /// The last chunk of the language, for `:edit`.
  private var lastChunk = ""
  private var hasTold = false
  /// The line editor has the terminal.
  private var isEditing = false

  private var console: Console { evaluator.console }
  private var help: HelpText { HelpText(evaluator.session, isColored: isColored) }

  init(_ evaluator: Evaluator, isColored: Bool, isUTF8: Bool) {
    self.evaluator = evaluator
    self.isColored = isColored
    mark = isUTF8 ? "›" : ">"
    language = PromptLanguage(evaluator)
    history = History(path: History.defaultPath)
  }

  func run() -> ExitStatus {
    steer_terminal_keep()
    steer_signals_install(1)
    if let folder = History.stateFolder, (try? TextFile.makeFolder(folder)) != nil {
      evaluator.rescuePath = "\(folder)/rescued.steer"
    }
    guard Terminal.canEdit, let editor = LineEditor(language: language, history: history, colored: isColored) else {
      return plain()
    }
    isEditing = true
    editor.clearInterrupts = { [evaluator] in evaluator.clearInterrupts() }
    console.write("\(Version.text) · `help` for help, Ctrl-D to leave\n")
    while true {
      console.flush()
      switch editor.read(prompt: "\(number)\(mark) ") {
      case .chunk(let chunk):
        guard chunk.contains(where: { !$0.isWhitespace }) else { continue }
        history.append(chunk)
        tellOfHistory()
        if obey(chunk) == .leave { return .success }
      case .abandoned: continue
      case .end:
        console.write("\n")
        return .success
      }
    }
  }

  /// Without an editor, on a dumb terminal: lines, until they make a chunk.
  private func plain() -> ExitStatus {
    var chunk = ""
    while true {
      if console.isOutputTerminal { console.write(chunk.isEmpty ? "\(number)> " : "…> ") }
      console.flush()
      evaluator.clearInterrupts()
      guard let line = readLine() else { break }
      chunk += chunk.isEmpty ? line : "\n" + line
      guard language.isComplete(chunk) else { continue }
      defer { chunk = "" }
      if chunk.contains(where: { !$0.isWhitespace }), obey(chunk) == .leave { return .success }
    }
    if console.isOutputTerminal { console.write("\n") }
    return .success
  }

  private func tellOfHistory() {
    guard let problem = history.problem, !hasTold else { return }
    hasTold = true
    complain("the history is not kept: \(problem)")
  }

  // MARK: What was said

  private enum Next { case go, leave }

  private func obey(_ chunk: String) -> Next {
    guard let command = MetaCommand.parse(chunk) else {
      evaluate(chunk)
      return .go
    }
    switch command {
    case .help(nil): console.write(help.commands + "\n" + help.overview)
    case .help(let name?): tell(help.about(name), name)
    case .source(let name): tell(help.source(of: name), name)
    case .time(let text): evaluate(text, isTimed: true)
    case .type(let text): showType(of: text)
    case .variables: console.write(help.variables)
    case .load(let path): load(path)
    case .save(let path, let name): save(path, name)
    case .edit: edit(with: chunk)
    case .reset: reset()
    case .quit: return .leave
    case .shell(let command): runShell(command)
    case .unknown(let word):
      let names = MetaCommand.all.map { ":\($0.name)" }.joined(separator: " ")
      complain("there is no single command `:\(word)`; there are \(names)")
    case .incomplete(let usage): complain("usage: \(usage)")
    }
    return .go
  }

  private func complain(_ words: String) { console.report("\(words)\n") }

  private func tell(_ text: String?, _ name: String) {
    if let text { console.write(text) } else { complain(help.unknown(name)) }
  }

  private func evaluate(_ chunk: String, isTimed: Bool = false) {
    lastChunk = chunk
    let source = SourceText(name: "<repl:\(number)>", chunk)
    let outcome = run { $0.evaluate(source, mode: .prompt, valueName: "_\(self.number)") }
    if isTimed || outcome.duration > .seconds(1) {
      console.write(Style.dim.paint("took \(outcome.duration.written)", colored: isColored) + "\n")
    }
    number += 1
  }

  /// Runs something that Ctrl-C can stop.
  private func run(_ body: (Evaluator) -> Evaluator.Outcome) -> Evaluator.Outcome {
    if isEditing { steer_terminal_busy() }
    return body(evaluator)
  }

  private func showType(of text: String) {
    let source = SourceText(name: "<repl:\(number)>", text)
    let outcome = run { $0.evaluate(source, mode: .prompt, isQuiet: true) }
    if outcome.status == .success { console.write(outcome.value.typeName + "\n") }
    number += 1
  }

  // MARK: Files

  private func load(_ path: String) {
    do {
      let source = try FileLoader.read(Self.expanded(path))
      _ = run { $0.evaluate(source, mode: .prompt) }
    } catch { complain("\(error)") }
  }

  private func save(_ path: String, _ name: String?) {
    let path = Self.expanded(path)
    var script = evaluator.transcript.script
    if let name {
      guard let slice = evaluator.transcript.script(for: name) else {
        return complain("nothing in this session defines `\(name)`")
      }
      script = slice
    }
    guard !script.isEmpty else { return complain("there is nothing to save yet") }
    do {
      try TextFile.replace(path, with: script)
      console.write("saved \(path)\n")
    } catch { complain("\(error)") }
  }

  private func edit(with command: String) {
    let folder = Terminal.environment("TMPDIR") ?? "/tmp"
    let path = "\(folder)/steersh-\(getpid())-\(number).steer"
    defer { unlink(path) }
    do {
      try TextFile.replace(path, with: lastChunk + "\n")
      let editor = Terminal.environment("VISUAL") ?? Terminal.environment("EDITOR") ?? "vi"
      let status = child("\(editor) \(path)")
      guard status == 0 else { return complain("\(editor) ended with status \(status)") }
      var chunk = try TextFile.read(path)
      while chunk.last?.isWhitespace == true { chunk.removeLast() }
      guard !chunk.isEmpty else { return }
      console.write(Highlighting.paint(chunk, colored: isColored) + "\n")
      history.append(chunk)
      evaluate(chunk)
    } catch { complain("\(error)") }
  }

  private func reset() {
    do { try evaluator.reset() } catch { evaluator.report(error) }
  }

  private func runShell(_ command: String) {
    let status = child(command)
    if status != 0 { console.write(Style.dim.paint("status \(status)", colored: isColored) + "\n") }
  }

  private func child(_ command: String) -> Int32 {
    console.flush()
    return ChildProcess.run(command)
  }

  /// `~` is the home folder.
  private static func expanded(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = Terminal.environment("HOME") else { return path }
    return home + path.dropFirst()
  }
}
