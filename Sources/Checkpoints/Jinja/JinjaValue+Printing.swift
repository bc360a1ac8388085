/// Python's `str` and `repr`.
extension JinjaValue {
  /// The value as it is printed.
  func printed(_ budget: JinjaBudget) throws -> MarkedText {
    switch self {
    case .undefined: ""
    case .text(let text): text
    default: try represented(budget)
    }
  }

  /// The value as it is shown inside a list.
  func represented(_ budget: JinjaBudget) throws -> MarkedText {
    var text = MarkedText([])
    try represent(into: &text, budget)
    return text
  }

  private func represent(into text: inout MarkedText, _ budget: JinjaBudget) throws {
    try budget.spend()
    switch self {
    case .undefined: text.append("Undefined")
    case .none: text.append("None")
    case .bool(let value): text.append(value ? "True" : "False")
    case .integer(let value): text.append(String(value))
    case .float(let value): text.append(value.pythonText)
    case .text(let value):
      try budget.spend(value.count)
      text.append(value.represented)
    case .list(let list):
      text.append("[")
      try Self.represent(list.elements, into: &text, budget)
      text.append("]")
    case .tuple(let list):
      text.append("(")
      try Self.represent(list.elements, into: &text, budget)
      text.append(list.elements.count == 1 ? ",)" : ")")
    case .dictionary(let dictionary):
      text.append("{")
      for (place, (key, value)) in zip(dictionary.keys, dictionary.values).enumerated() {
        if place > 0 { text.append(", ") }
        try key.represent(into: &text, budget)
        text.append(": ")
        try value.represent(into: &text, budget)
      }
      text.append("}")
    case .iterator, .namespace, .function, .loop:
      throw TemplateFailure.operation("\(kind) cannot be printed; print its elements, or use `| list`")
    }
  }

  private static func represent(
    _ elements: [JinjaValue], into text: inout MarkedText, _ budget: JinjaBudget
  ) throws {
    for (place, element) in elements.enumerated() {
      if place > 0 { text.append(", ") }
      try element.represent(into: &text, budget)
    }
  }
}

extension MarkedText {
  /// Between quotes, with what cannot be printed as escapes.
  var represented: MarkedText {
    let isSingle = !scalars.contains("'") || scalars.contains("\"")
    let quote: Unicode.Scalar = isSingle ? "'" : "\""
    var result = MarkedText([quote])
    result.append(
      mapped { _, scalar, text in
        switch scalar {
        case quote, "\\": text += ["\\", scalar]
        case "\n": text += ["\\", "n"]
        case "\r": text += ["\\", "r"]
        case "\t": text += ["\\", "t"]
        default:
          if scalar.isPythonPrintable {
            text.append(scalar)
          } else {
            let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
            let digits = String(scalar.value, radix: 16)
            text += ("\\" + letter + String(repeating: "0", count: width - digits.count) + digits).unicodeScalars
          }
        }
      })
    result.append(MarkedText([quote]))
    return result
  }
}

extension Unicode.Scalar {
  fileprivate var isPythonPrintable: Bool {
    if value >= 0x20 && value < 0x7F { return true }
    return switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}

extension Double {
  /// The shortest decimal that reads back as this number, in the form Python writes it.
  var pythonText: String {
    if isNaN { return "nan" }
    if isInfinite { return self < 0 ? "-inf" : "inf" }
    if self == 0 { return sign == .minus ? "-0.0" : "0.0" }
    // Swift finds the same digits; where the point and the exponent go differs.
    let text = "\(magnitude)"
    let parts = text.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = mantissa.joined()
    var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    let zeros = digits.prefix { $0 == "0" }.count
    digits.removeFirst(zeros)
    point -= zeros
    while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
    let sign = self < 0 ? "-" : ""
    if point > -4 && point <= 16 {
      if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
      if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
      return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }
    let exponent = point - 1
    let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
    let width = String(exponent.magnitude)
    return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+") + (width.count < 2 ? "0" : "") + width
  }
}
