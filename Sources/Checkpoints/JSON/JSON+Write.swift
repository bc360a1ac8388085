extension JSON {
  /// The value as text.
  /// - Parameter pretty: one entry a line, indented by two spaces; otherwise no spaces at all.
  /// - Throws: `JSONProblem.notWritable` for a number that is not finite.
  public func text(pretty: Bool = false, file: String = "JSON") throws -> String {
    var writer = JSONWriter(pretty: pretty)
    do { try writer.write(self, indent: 0) } catch let failure as JSONWriter.NotFinite {
      let path = writer.path.isEmpty ? "the value" : writer.path.joined(separator: ".")
      throw CheckpointError(file, .json(.notWritable(path: path, found: "\(failure.number)")))
    }
    return writer.text
  }

  /// A string as JSON writes it, quotes included.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// How a value is shown inside an error: short, and recognisable in the file.
  public var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): Self.quoted(value.count > 60 ? value.prefix(60) + "…" : value)
    case .array(let elements): elements.isEmpty ? "an empty array" : "an array of \(elements.count)"
    case .object(let object): object.count == 0 ? "an empty object" : "an object with \(listing(object.keys, limit: 3))"
    }
  }
}

private struct JSONWriter {
  struct NotFinite: Error { let number: Double }

  let pretty: Bool
  var text = ""
  var path: [String] = []

  init(pretty: Bool) { self.pretty = pretty }

  mutating func write(_ value: JSON, indent: Int) throws {
    switch value {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      guard value.isFinite else { throw NotFinite(number: value) }
      text += "\(value)"
    case .string(let value): text += JSON.quoted(value)
    case .array(let elements):
      try group("[", "]", elements.enumerated().map { ("\($0.offset)", $0.element) }, indent) { _ in "" }
    case .object(let object):
      let separator = pretty ? ": " : ":"
      try group("{", "}", Array(object.entries), indent) { JSON.quoted($0) + separator }
    }
  }

  private mutating func group(
    _ open: String, _ close: String, _ entries: [(String, JSON)], _ indent: Int, label: (String) -> String
  ) throws {
    text += open
    for (position, (key, value)) in entries.enumerated() {
      if position > 0 { text += "," }
      if pretty { text += "\n" + String(repeating: "  ", count: indent + 1) }
      text += label(key)
      path.append(key)
      try write(value, indent: indent + 1)
      path.removeLast()
    }
    if pretty && !entries.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
    text += close
  }
}
