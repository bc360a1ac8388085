extension DiagnosticRenderer {
  /// One JSON object on one line, without a line break: severity, code, message, file, the span as bytes and as line
  /// and column (from 1, columns in characters), labels, help, stack, incomplete.
  public static func json(_ diagnostic: Diagnostic) -> String {
    var fields: [(String, String)] = [
      ("severity", quoted(diagnostic.severity.rawValue)), ("code", quoted(diagnostic.code.id)),
      ("message", quoted(diagnostic.message)),
    ]
    if let primary = diagnostic.primary { fields += place(primary) }
    if !diagnostic.labels.isEmpty { fields.append(("labels", array(diagnostic.labels.map { object(place($0)) }))) }
    if let help = diagnostic.help { fields.append(("help", quoted(help))) }
    if !diagnostic.stack.isEmpty {
      let frames = diagnostic.stack.map { object([("function", quoted($0.function))] + place($0.call)) }
      fields.append(("stack", array(frames)))
    }
    fields.append(("incomplete", diagnostic.incomplete ? "true" : "false"))
    return object(fields)
  }

  private static func place(_ label: Diagnostic.Label) -> [(String, String)] {
    let start = label.source.characterPosition(of: label.span.lower)
    let end = label.source.characterPosition(of: label.span.upper)
    var fields = [
      ("file", quoted(label.source.name)), ("line", "\(start.line)"), ("column", "\(start.column)"),
      ("endLine", "\(end.line)"), ("endColumn", "\(end.column)"), ("start", "\(label.span.lower)"),
      ("end", "\(label.span.upper)"),
    ]
    if !label.text.isEmpty { fields.append(("label", quoted(label.text))) }
    return fields
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }

  private static func array(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }

  /// A JSON string.
  public static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
