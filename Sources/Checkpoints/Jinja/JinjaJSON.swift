/// `json.dumps` as transformers' templates have it: nothing escaped for HTML, and other scripts as they are.
struct JinjaJSON {
  private let budget: JinjaBudget
  private let isASCII: Bool
  private let sorts: Bool
  /// What one level is indented by; nil writes all on one line.
  private let indent: MarkedText?
  private var itemSeparator: MarkedText
  private var keySeparator: MarkedText = ": "
  private(set) var text = MarkedText([])

  init(_ budget: JinjaBudget, isASCII: Bool, indent: JinjaValue, separators: JinjaValue, sorts: Bool) throws {
    self.budget = budget
    self.isASCII = isASCII
    self.sorts = sorts
    switch indent {
    case .none: self.indent = nil
    case .text(let text): self.indent = text
    default:
      guard let count = indent.integer, count <= 1000 else {
        throw TemplateFailure.operation("the indent must be an integer up to 1000 or a string, found \(indent.kind)")
      }
      self.indent = MarkedText(String(repeating: " ", count: max(count, 0)))
    }
    itemSeparator = self.indent == nil ? ", " : ","
    if case .none = separators { return }
    let parts = try separators.elements()
    guard parts.count == 2, case .text(let item) = parts[0], case .text(let key) = parts[1] else {
      throw TemplateFailure.operation("the separators must be two strings")
    }
    (itemSeparator, keySeparator) = (item, key)
  }

  mutating func write(_ value: JinjaValue, level: Int = 0) throws {
    try budget.spend()
    switch value {
    case .none: text.append("null")
    case .bool(let value): text.append(value ? "true" : "false")
    case .integer(let value): text.append(String(value))
    case .float(let value): text.append(Self.words(value))
    case .text(let value): try quote(value)
    case .list(let list), .tuple(let list):
      try group("[", "]", list.elements, level) { writer, element in try writer.write(element, level: level + 1) }
    case .dictionary(let dictionary):
      var entries = Array(zip(dictionary.keys, dictionary.values))
      if sorts { entries = try entries.sorted { try $0.0.isLess(than: $1.0, budget) } }
      try group("{", "}", entries, level) { writer, entry in
        try writer.key(entry.0)
        writer.text.append(writer.keySeparator)
        try writer.write(entry.1, level: level + 1)
      }
    case .undefined(let name): throw TemplateFailure(.undefined(name))
    case .iterator, .namespace, .function, .loop:
      throw TemplateFailure.operation("\(value.kind) cannot be written as JSON")
    }
  }

  private static func words(_ value: Double) -> String {
    value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : value.pythonText
  }

  private mutating func key(_ key: JinjaValue) throws {
    switch key {
    case .text(let text): try quote(text)
    case .none: text.append("\"null\"")
    case .bool(let value): text.append(value ? "\"true\"" : "\"false\"")
    case .integer(let value): text.append("\"\(value)\"")
    case .float(let value): text.append("\"" + Self.words(value) + "\"")
    default: throw TemplateFailure.operation("\(key.kind) cannot be a key in JSON")
    }
  }

  private mutating func group<Element>(
    _ open: String, _ close: String, _ elements: [Element], _ level: Int,
    _ write: (inout JinjaJSON, Element) throws -> Void
  ) throws {
    text.append(open)
    for (place, element) in elements.enumerated() {
      if place > 0 { text.append(itemSeparator) }
      try newline(level + 1)
      try write(&self, element)
    }
    if !elements.isEmpty { try newline(level) }
    text.append(close)
  }

  private mutating func newline(_ level: Int) throws {
    guard let indent else { return }
    try budget.spend(indent.count, times: level)
    text.append("\n")
    for _ in 0..<level { text.append(indent) }
  }

  private mutating func quote(_ value: MarkedText) throws {
    try budget.spend(value.count)
    let isASCII = isASCII
    text.append("\"")
    text.append(
      value.mapped { _, scalar, result in
        switch scalar {
        case "\"", "\\": result += ["\\", scalar]
        case "\n": result += ["\\", "n"]
        case "\r": result += ["\\", "r"]
        case "\t": result += ["\\", "t"]
        case "\u{8}": result += ["\\", "b"]
        case "\u{C}": result += ["\\", "f"]
        case "\0"..<" ": result += Self.escape(UInt16(scalar.value))
        default:
          if isASCII && scalar.value > 0x7E {
            for unit in UTF16.encode(scalar) ?? UTF16.EncodedScalar() { result += Self.escape(unit) }
          } else {
            result.append(scalar)
          }
        }
      })
    text.append("\"")
  }

  private static func escape(_ unit: UInt16) -> [Unicode.Scalar] {
    let digits = String(unit, radix: 16)
    return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
  }
}
