/// Writes trees as S-expressions: one statement per line, nested statements indented. Spans are left out, so two texts
/// that mean the same print the same.
public struct TreePrinter {
  private init() {}

  public static func print(_ statements: [Statement]) -> String {
    statements.map { TreePrinter().describe($0) + "\n" }.joined()
  }

  public static func print(_ expression: Expression) -> String { TreePrinter().describe(expression) }

  // MARK: Statements

  func describe(_ statement: Statement) -> String {
    let text = describe(statement.kind)
    guard let documentation = statement.documentation else { return text }
    return "(## \(quoted(documentation))\n\(indented(text)))"
  }

  private func describe(_ kind: Statement.Kind) -> String {
    switch kind {
    case .expression(let value): describe(value)
    case .constant(let pattern, let value): "(let \(describe(pattern)) \(describe(value)))"
    case .variable(let name, let value): "(var \(name.text) \(describe(value)))"
    case .assignment(let name, let value): "(:= \(name.text) \(describe(value)))"
    case .function(let declaration): describe(declaration)
    case .operation(let declaration): describe(declaration)
    case .use(let file): "(use \(describe(file)))"
    case .input(let name, let value, let help):
      "(input \(name.text) \(describe(value))\(help.map { " " + quoted($0) } ?? ""))"
    case .seed(let value): "(seed \(describe(value)))"
    case .expect(let condition, let message):
      "(expect \(describe(condition))\(message.map { " " + describe($0) } ?? ""))"
    case .loop(let pattern, let values, let body): "(for \(describe(pattern)) \(describe(values))\(describe(body)))"
    case .while(let condition, let body): "(while \(describe(condition))\(describe(body)))"
    case .return(let value): value.map { "(return \(describe($0)))" } ?? "(return)"
    case .break: "(break)"
    case .continue: "(continue)"
    case .invalid: "(invalid)"
    }
  }

  private func describe(_ pattern: Pattern) -> String {
    switch pattern {
    case .name(let name): name.text
    case .list(let parts, _): "[" + parts.map(describe).joined(separator: " ") + "]"
    case .record(let parts, _):
      "("
        + parts.map { part in (part.field.map { $0.text + ": " } ?? "") + describe(part.pattern) }
        .joined(separator: " ") + ")"
    }
  }

  private func describe(_ declaration: FunctionDeclaration) -> String {
    let head = "(fn \(declaration.name.text) \(describe(declaration.parameters))"
    let result = declaration.result.map { " -> \($0.text)" } ?? ""
    return head + result + (declaration.body.map(describe) ?? "") + ")"
  }

  private func describe(_ declaration: OperatorDeclaration) -> String {
    let head = "(operator \(declaration.name.text) \(describe(declaration.parameters))"
    guard let body = declaration.body else { return head + ")" }
    let members = body.members.map { member in
      switch member {
      case .statement(let statement): describe(statement)
      case .parameter(let parameter): describe(parameter)
      }
    }
    return head + (members + [describe(body.apply)]).map { "\n" + indented($0) }.joined() + ")"
  }

  private func describe(_ parameter: TrainableParameter) -> String {
    let text = "(param \(parameter.name.text) [\(describe(parameter.axes))] \(describe(parameter.initial)))"
    return parameter.documentation.map { "(## \(quoted($0))\n\(indented(text)))" } ?? text
  }

  private func describe(_ parameters: [Parameter]) -> String {
    let texts = parameters.map { parameter in
      parameter.name.text + (parameter.annotation.map { ": " + $0.text } ?? "")
        + (parameter.initial.map { " = " + describe($0) } ?? "")
    }
    return "(" + texts.joined(separator: ", ") + ")"
  }

  func describe(_ function: Function) -> String {
    "(fn \(describe(function.parameters))\(describe(function.body)))"
  }

  /// With the space or the line break before it.
  private func describe(_ body: Function.Body) -> String {
    switch body {
    case .expression(let value): " " + describe(value)
    case .block(let block): describe(block)
    }
  }

  func describe(_ block: Block) -> String {
    if block.statements.isEmpty { return " {}" }
    return "\n" + block.statements.map { indented(describe($0)) }.joined(separator: "\n")
  }

  private func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
  }
}
