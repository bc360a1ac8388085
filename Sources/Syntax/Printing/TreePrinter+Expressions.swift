extension TreePrinter {
  func describe(_ expression: Expression) -> String {
    switch expression.kind {
    case .null: "nil"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .float(let value): String(value)
    case .string(let parts, _): describe(parts)
    case .name(let name): name
    case .list(let items): form("list", items.map(describe))
    case .record(let fields): form("record", fields.map { "\($0.name.text): \(describe($0.value))" })
    case .path(let segments): form("path", segments.map(describe))
    case .unary(let sign, let operand): form(sign.rawValue, [describe(operand)])
    case .binary(let sign, _, let left, let right): form(sign.rawValue, [describe(left), describe(right)])
    case .range(let lower, let upper, let inclusive, let step):
      form(inclusive ? ".." : "..<", [lower, upper].map(describe) + (step.map { ["by " + describe($0)] } ?? []))
    case .pipe(let value, let function): form("|>", [describe(value), describe(function)])
    case .member(let base, let name): form(".", [describe(base), name.text])
    case .index(let base, let arguments): form("index", [describe(base), describe(arguments)])
    case .call(let callee, let arguments, let trailing):
      form(trailing ? "call-with-block" : "call", [describe(callee), describe(arguments)].filter { !$0.isEmpty })
    case .all: "*"
    case .function(let function): describe(function)
    case .block(let block): "(block\(describe(block)))"
    case .conditional(let condition, let then, let otherwise): describe(condition, then, otherwise)
    case .invalid: "<invalid>"
    }
  }

  private func form(_ head: String, _ parts: [String]) -> String {
    parts.isEmpty ? "(\(head))" : "(\(head) \(parts.joined(separator: " ")))"
  }

  func describe(_ arguments: [Argument]) -> String {
    arguments.map { ($0.name.map { $0.text + ": " } ?? "") + describe($0.value) }.joined(separator: " ")
  }

  private func describe(_ segment: PathSegment) -> String {
    switch segment.suffix {
    case nil: ".\(segment.name.text)"
    case .index(let arguments, _): ".\(segment.name.text)[\(describe(arguments))]"
    case .call(let arguments, _): ".\(segment.name.text)(\(describe(arguments)))"
    }
  }

  private func describe(_ parts: [StringPart]) -> String {
    if parts.count == 1, case .text(let text) = parts[0] { return quoted(text) }
    let texts = parts.map { part in
      switch part {
      case .text(let text): quoted(text)
      case .expression(let value): describe(value)
      }
    }
    return form("string", texts)
  }

  private func describe(_ condition: Expression, _ then: Block, _ otherwise: Expression?) -> String {
    let head = "(if \(describe(condition))\(describe(then))"
    guard let otherwise else { return head + ")" }
    return head + "\n else " + describe(otherwise) + ")"
  }

  func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
