import ArgumentParser
import Interpreter
import Syntax

/// A script and what the command line gives it.
struct ScriptInvocation {
  /// An `input` statement.
  struct Input {
    let name: String
    /// The default as written.
    let initial: String
    let help: String?

    /// What kind of value it takes, as far as the default's text shows.
    var kind: String {
      if isFlag { return "true|false" }
      if Int(initial) != nil { return "int" }
      if Double(initial) != nil { return "float" }
      return "text"
    }

    var isFlag: Bool { initial == "true" || initial == "false" }

    /// What follows `--name`; nothing has to follow one that is true or false.
    func value(in rest: inout ArraySlice<String>) throws -> String {
      if isFlag {
        if let next = rest.first, next == "true" || next == "false" { return rest.removeFirst() }
        return "true"
      }
      guard let value = rest.popFirst() else { throw ValidationError("Missing value for '--\(name)'") }
      return value
    }
  }

  let source: SourceText
  private(set) var options: GlobalOptions
  private(set) var values: [String: String] = [:]
  private(set) var wantsHelp = false
  private let inputs: [Input]

  /// - Parameter arguments: the script and what follows it; nil results where there is none.
  init?(_ arguments: [String], _ options: GlobalOptions) throws {
    guard let file = arguments.first else { return nil }
    guard file == "-" || !file.hasPrefix("-") else { throw ValidationError("Unknown option '\(file)'") }
    source = try FileLoader.read(file)
    inputs = Session.inputs(of: source).map { Input(name: $0.name, initial: $0.initial, help: $0.help) }
    self.options = options
    try read(arguments.dropFirst())
  }

  private mutating func read(_ arguments: ArraySlice<String>) throws {
    var rest = arguments
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" {
        wantsHelp = true
        continue
      }
      guard argument.hasPrefix("--"), argument.count > 2 else {
        throw ValidationError("\(source.name) takes its inputs as --name value, found '\(argument)'")
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let given = String(parts[0])
      let attached = parts.count == 2 ? String(parts[1]) : nil
      let underscored = String(given.map { $0 == "-" ? "_" : $0 })
      if let input = inputs.first(where: { $0.name == given || $0.name == underscored }) {
        values[input.name] = try attached ?? input.value(in: &rest)
      } else if try !readGlobal(given, attached, &rest) {
        throw ValidationError(unknown(given))
      }
    }
  }

  /// Options of steersh itself may stand behind the script where it has no input of that name.
  private mutating func readGlobal(_ name: String, _ attached: String?, _ rest: inout ArraySlice<String>) throws -> Bool
  {
    if name == "json" || name == "no-runs" {
      if name == "json" { options.json = true } else { options.keepsNoRuns = true }
      try options.validate()
      return true
    }
    guard GlobalOptions.valued.contains("--\(name)") else { return false }
    guard let text = attached ?? rest.popFirst() else { throw ValidationError("Missing value for '--\(name)'") }
    switch name {
    case "color":
      guard let color = ColorChoice(rawValue: text) else {
        throw ValidationError("--color must be auto, always or never, found '\(text)'")
      }
      options.color = color
    case "runs":
      options.runs = text
      try options.validate()
    default:
      guard let number = Int(text) else { throw ValidationError("--\(name) must be an integer, found '\(text)'") }
      if name == "seed" { options.seed = number } else { options.threads = number }
      try options.validate()
    }
    return true
  }

  private func unknown(_ name: String) -> String {
    var text = "\(source.name) has no input '\(name)'"
    if inputs.isEmpty { return text + "; it declares none" }
    text += "; it has " + inputs.map { "--\($0.name)" }.joined(separator: ", ")
    if let close = NameSuggestion.closest(to: name, among: inputs.map(\.name)) { text += "; did you mean --\(close)?" }
    return text
  }

  // MARK: Doing

  func run(in evaluator: Evaluator) -> ExitStatus {
    evaluator.session.inputValues = values
    return evaluator.evaluate(source, mode: .file).status
  }

  /// The inputs with their help and defaults.
  func help(_ console: Console) -> ExitStatus {
    var text = "USAGE: steersh run \(source.name)" + (inputs.isEmpty ? "" : " [--name value …]") + "\n\n"
    let comment = leadingComment
    if !comment.isEmpty { text += comment + "\n" }
    if inputs.isEmpty {
      text += "The script declares no inputs.\n"
    } else {
      text += "INPUTS:\n"
      let heads = inputs.map { "  --\($0.name) <\($0.kind)>" }
      let width = min(30, (heads.map { Terminal.columns(of: $0) }.max() ?? 0) + 2)
      for (head, input) in zip(heads, inputs) {
        let gap = max(2, width - Terminal.columns(of: head))
        let words = (input.help.map { "\($0) " } ?? "") + "(default: \(input.initial))"
        text += head + String(repeating: " ", count: gap) + words + "\n"
      }
    }
    console.write(text)
    return .success
  }

  /// The comment the script starts with.
  private var leadingComment: String {
    var text = ""
    for line in String(decoding: source.bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#!") { continue }
      guard line.hasPrefix("#") else { break }
      let words = line.drop { $0 == "#" }
      text += (words.first == " " ? words.dropFirst() : words) + "\n"
    }
    return text
  }
}
