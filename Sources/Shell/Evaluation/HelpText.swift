import Interpreter
import Syntax

/// What `help`, `?name`, `??name` and `steersh doc` say.
struct HelpText {
  private let session: Session
  private let isColored: Bool
  private let width: Int

  init(_ session: Session, isColored: Bool) {
    self.session = session
    self.isColored = isColored
    width = min(Terminal.size()?.columns ?? 100, 100)
  }

  /// Signature and documentation of a name; for the user's own, its value as well.
  func about(_ name: String) -> String? {
    if let about = session.describe(name), about.kind != "host" { return text(of: about) }
    guard let value = session.value(of: name) else { return Self.keyword(name) }
    return "\(strong(name)): \(value.typeName)\n  \(line(of: value))\n"
  }

  private func text(of about: NameDescription) -> String {
    var text = strong(head(of: about)) + "\n"
    if let documentation = about.documentation, !documentation.isEmpty {
      for line in documentation.split(separator: "\n", omittingEmptySubsequences: false) {
        text += line.isEmpty ? "\n" : "  \(line)\n"
      }
    }
    if about.signature == nil, let value = session.value(of: about.name) {
      text += "  \(value.typeName): \(line(of: value))\n"
    }
    if !about.isStandard, let location = about.location { text += dim("  defined at \(place(location))") + "\n" }
    return text
  }

  private func head(of about: NameDescription) -> String {
    about.signature.map { "\(about.kind) \($0)" } ?? "\(about.kind) \(about.name)"
  }

  /// The statement that defines a name.
  func source(of name: String) -> String? {
    guard let about = session.describe(name), let source = about.source else { return about(name) }
    var text = about.location.map { dim("# \(place($0))") + "\n" } ?? ""
    for line in (about.documentation ?? "").split(separator: "\n") { text += dim("## \(line)") + "\n" }
    text += Highlighting.paint(source, colored: isColored) + "\n"
    if about.isNative { text += dim("# its body is native") + "\n" }
    return text
  }

  /// What is wrong with a name nobody knows.
  func unknown(_ name: String) -> String {
    let close = NameSuggestion.closest(to: name, among: session.visibleNames)
    return "nothing is called `\(name)`" + (close.map { "; did you mean `\($0)`?" } ?? "")
  }

  // MARK: Lists

  /// The names of the standard library, by the file they are declared in.
  var overview: String {
    var files: [(name: String, names: [String])] = []
    for about in session.standardLibrary {
      let file = about.location.map { Self.topic($0.source.name) } ?? ""
      if let position = files.firstIndex(where: { $0.name == file }) {
        files[position].names.append(about.name)
      } else {
        files.append((file, [about.name]))
      }
    }
    return files.sorted { $0.name < $1.name }.map { file in
      strong(file.name) + "\n" + wrapped(file.names) + "\n"
    }.joined()
  }

  /// What there is to say at the prompt.
  var commands: String {
    var text = strong("help NAME") + " or " + strong("?NAME") + " tells what a name does, " + strong("??NAME")
    text += " shows its source. " + strong("!COMMAND") + " runs a command of the system.\n\n"
    let heads = MetaCommand.all.map { ":\($0.name) \($0.argument)" }
    let column = (heads.map(\.count).max() ?? 0) + 2
    for (head, command) in zip(heads, MetaCommand.all) {
      text += "  " + head + String(repeating: " ", count: column - head.count) + command.meaning + "\n"
    }
    return text + "\n`_` is the last value, `_3` that of prompt 3. Tab completes, Ctrl-R searches the history, "
      + "Alt-Enter starts a new line,\nCtrl-C stops what runs, Ctrl-D leaves.\n"
  }

  /// The names bound in the session, with type and value.
  var variables: String {
    let globals = session.globals()
    guard !globals.isEmpty else { return "no names yet\n" }
    let names = (globals.map { Terminal.columns(of: $0.name) }.max() ?? 0) + 2
    let types = (globals.map { Terminal.columns(of: $0.value.typeName) }.max() ?? 0) + 2
    return globals.map { name, _, value in
      pad(name, names) + pad(value.typeName, types) + line(of: value, used: names + types) + "\n"
    }.joined()
  }

  // MARK: Pieces

  /// A value on what is left of one line.
  private func line(of value: Value, used: Int = 2) -> String {
    let text = value.rendered(.short)
    let first = text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    var columns = 0
    let limit = max(10, width - used - 2)
    let start = first.prefix { character in
      columns += Terminal.columns(of: String(character))
      return columns <= limit
    }
    return start.count < text.count ? start + " …" : text
  }

  private func wrapped(_ names: [String]) -> String {
    var lines: [String] = []
    var line = " "
    for name in names {
      if line.count + 1 + name.count > width, line != " " {
        lines.append(line)
        line = " "
      }
      line += " " + name
    }
    return (lines + [line]).map { $0 + "\n" }.joined()
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - Terminal.columns(of: text)))
  }

  private func place(_ label: Diagnostic.Label) -> String {
    "\(label.source.name):\(label.source.position(of: label.span.lower).line)"
  }

  /// `stdlib/tensors.steer` is about tensors.
  private static func topic(_ file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.hasSuffix(".steer") ? String(name.dropLast(6)) : name
  }

  private static func keyword(_ name: String) -> String? {
    TokenKind.words.contains(name) ? "\(name) is a word of the language; see docs/language\n" : nil
  }

  private func strong(_ text: String) -> String { Style.strong.paint(text, colored: isColored) }
  private func dim(_ text: String) -> String { Style.dim.paint(text, colored: isColored) }
}
