/// What can be said at the prompt besides the language.
enum MetaCommand: Equatable {
  case help(String?)
  case source(String)
  case time(String)
  case type(String)
  case variables
  case load(String)
  case save(String, name: String?)
  case edit
  case reset
  case quit
  case shell(String)
  /// A colon and a word that is none of these.
  case unknown(String)
  /// A known command without what it needs.
  case incomplete(usage: String)

  struct Description {
    let name: String
    let argument: String
    let meaning: String
  }

  /// Those that start with a colon.
  static let all: [Description] = [
    Description(name: "help", argument: "", meaning: "this list"),
    Description(name: "time", argument: "EXPR", meaning: "evaluate, and say how long it took"),
    Description(name: "type", argument: "EXPR", meaning: "evaluate, and say what type the value has"),
    Description(name: "vars", argument: "", meaning: "the names bound in this session"),
    Description(name: "load", argument: "FILE", meaning: "run a script in this session"),
    Description(name: "save", argument: "FILE [NAME]", meaning: "the session, or what NAME depends on, as a script"),
    Description(name: "edit", argument: "", meaning: "write a chunk in $EDITOR, the last one to start with"),
    Description(name: "reset", argument: "", meaning: "forget all names"),
    Description(name: "quit", argument: "", meaning: "leave, as Ctrl-D does"),
  ]

  /// The command in `chunk`; nil when it is the language.
  static func parse(_ chunk: String) -> MetaCommand? {
    let text = trimmed(chunk)
    guard let first = text.first else { return nil }
    switch first {
    case "?" where text.hasPrefix("??"): return named(text.dropFirst(2), usage: "??NAME", MetaCommand.source)
    case "?":
      let name = trimmed(text.dropFirst())
      return .help(name.isEmpty ? nil : name)
    case "!":
      let command = trimmed(text.dropFirst())
      return command.isEmpty ? .incomplete(usage: "!COMMAND") : .shell(command)
    case ":": return colon(text.dropFirst())
    default:
      let words = text.split(separator: " ")
      guard words[0] == "help", words.count <= 2 else { return nil }
      guard words.count == 2 else { return .help(nil) }
      return isName(words[1]) ? .help(String(words[1])) : nil
    }
  }

  private static func colon(_ text: Substring) -> MetaCommand {
    let word = text.prefix { $0.isLetter }
    let argument = trimmed(text.dropFirst(word.count))
    let matches =
      all.filter { $0.name == word }.isEmpty ? all.filter { $0.name.hasPrefix(word) } : all.filter { $0.name == word }
    guard !word.isEmpty, matches.count == 1 else { return .unknown(String(word)) }
    let usage = ":\(matches[0].name) \(matches[0].argument)"
    switch matches[0].name {
    case "help": return .help(argument.isEmpty ? nil : argument)
    case "time": return argument.isEmpty ? .incomplete(usage: usage) : .time(argument)
    case "type": return argument.isEmpty ? .incomplete(usage: usage) : .type(argument)
    case "vars": return .variables
    case "load": return argument.isEmpty ? .incomplete(usage: usage) : .load(argument)
    case "save":
      let words = argument.split(separator: " ")
      switch words.count {
      case 1: return .save(argument, name: nil)
      case 2: return .save(String(words[0]), name: String(words[1]))
      default: return .incomplete(usage: usage)
      }
    case "edit": return .edit
    case "reset": return .reset
    default: return .quit
    }
  }

  private static func named(_ text: Substring, usage: String, _ make: (String) -> MetaCommand) -> MetaCommand {
    let name = trimmed(text)
    return name.isEmpty ? .incomplete(usage: usage) : make(name)
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.first, first.isLetter || first == "_" else { return false }
    return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
