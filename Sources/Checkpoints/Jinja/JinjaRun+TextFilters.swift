extension JinjaRun {
  static let textFilters: [String: JinjaFilter] = [
    "capitalize": { run, value, _ in .text(try run.text(value).capitalized) },
    "center": { run, value, arguments in
      .text(try run.padded(run.text(value), arguments.integer("width", or: 80), "center"))
    },
    "e": escape,
    "escape": escape,
    "forceescape": escape,
    "format": { run, value, arguments in
      defer { arguments = JinjaArguments() }
      guard arguments.named.isEmpty else {
        var values = JinjaDictionary()
        for (name, value) in arguments.named { values.set(name, value) }
        return .text(try run.percentFormat(run.text(value), .dictionary(values)))
      }
      return .text(try run.percentFormat(run.text(value), .tuple(JinjaList(Array(arguments.positional)))))
    },
    "indent": indent,
    "lower": { run, value, _ in .text(try run.text(value).lowercased) },
    "replace": { run, value, arguments in
      let old = try run.text(arguments.required("old"))
      let new = try run.text(arguments.required("new"))
      let count = try arguments.next("count")?.integer ?? -1
      return .text(try run.replaced(run.text(value), old, new, count))
    },
    "safe": { run, value, _ in
      var text = try run.text(value)
      text.isSafe = true
      return .text(text)
    },
    "string": { run, value, _ in .text(try run.text(value)) },
    "title": { run, value, _ in .text(try run.text(value).wordsTitled) },
    "trim": { run, value, arguments in .text(try run.text(value).stripped(arguments.text("chars"))) },
    "truncate": truncate,
    "upper": { run, value, _ in .text(try run.text(value).uppercased) },
    "wordcount": { run, value, _ in
      let text = try run.text(value)
      let isWord = text.scalars.map { $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil }
      return .integer(isWord.indices.count { isWord[$0] && ($0 == 0 || !isWord[$0 - 1]) })
    },
  ]

  /// A value as a text, as filters on texts take it.
  func text(_ value: JinjaValue) throws -> MarkedText {
    let text = try value.printed(budget)
    try budget.spend(text.count)
    return text
  }

  private static let escape: JinjaFilter = { run, value, _ in
    .text(try run.text(value).escaped)
  }

  private static let indent: JinjaFilter = { run, value, arguments in
    var text = try run.text(value)
    let width = try arguments.next("width") ?? .integer(4)
    let isFirst = try arguments.flag("first")
    let isBlank = try arguments.flag("blank")
    var indention: MarkedText
    if case .text(let given) = width {
      indention = given
    } else if let count = width.integer, count <= 10_000 {
      indention = MarkedText(String(repeating: " ", count: max(count, 0)))
    } else {
      throw TemplateFailure.operation("the width must be an integer up to 10000 or a string, found \(width.kind)")
    }
    text.append("\n")
    let lines = text.lines()
    try run.budget.spend(lines.count, times: indention.count)
    var result = MarkedText([])
    for (place, line) in lines.enumerated() {
      if place > 0 { result.append("\n") }
      if place == 0 ? isFirst : isBlank || !line.isEmpty { result.append(indention) }
      result.append(line)
    }
    return .text(result)
  }

  private static let truncate: JinjaFilter = { run, value, arguments in
    let text = try run.text(value)
    let length = try arguments.integer("length", or: 255)
    let cutsWords = try arguments.flag("killwords")
    let end = try arguments.text("end") ?? "..."
    let leeway = try arguments.integer("leeway", or: 5)
    guard length >= end.count, leeway >= 0 else {
      throw TemplateFailure.operation("the length must be at least \(end.count), and the leeway not negative")
    }
    let (longest, isOver) = length.addingReportingOverflow(leeway)
    if isOver || text.count <= longest { return .text(text) }
    var cut = text[0..<length - end.count]
    if !cutsWords, let space = cut.findLast(" ") { cut = cut[0..<space] }
    cut.append(end)
    return .text(cut)
  }
}

extension MarkedText {
  /// Escaped for HTML, unless it is safe already.
  var escaped: MarkedText {
    if isSafe { return self }
    let names: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", "\"": "&#34;"]
    var text = mapped { _, scalar, result in
      if let name = names[scalar] { result += name.unicodeScalars } else { result.append(scalar) }
    }
    text.isSafe = true
    return text
  }
}
