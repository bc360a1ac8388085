import Syntax

/// Every name that a piece of the tree mentions, without regard to scopes: a superset of its free names.
///
/// It tells which `var`s nested functions may use, which `let`s of an operator depend on its parameters, and what a
/// statement reads and assigns.
struct NameCollector {
  var used: Set<String> = []
  var assigned: Set<String> = []
  /// Names used or assigned in functions nested below where the walk started.
  var usedInFunctions: Set<String> = []
  private var functionDepth = 0

  private mutating func use(_ name: String) {
    used.insert(name)
    if functionDepth > 0 { usedInFunctions.insert(name) }
  }

  mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .null, .bool, .integer, .float, .all, .invalid: break
    case .string(let parts, _):
      for case .expression(let part) in parts { visit(part) }
    case .name(let name): use(name)
    case .list(let elements): elements.forEach { visit($0) }
    case .record(let fields): fields.forEach { visit($0.value) }
    case .path(let segments):
      for segment in segments {
        switch segment.suffix {
        case .index(let arguments, _)?, .call(let arguments, _)?: arguments.forEach { visit($0.value) }
        case nil: break
        }
      }
    case .unary(_, let operand): visit(operand)
    case .binary(_, _, let left, let right), .pipe(let left, let right):
      visit(left)
      visit(right)
    case .range(let lower, let upper, _, let step):
      visit(lower)
      visit(upper)
      if let step { visit(step) }
    case .member(let base, let name):
      visit(base)
      use(name.text)
    case .index(let base, let arguments), .call(let base, let arguments, _):
      visit(base)
      arguments.forEach { visit($0.value) }
    case .function(let function): visit(function)
    case .block(let block): visit(block)
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      visit(then)
      if let otherwise { visit(otherwise) }
    }
  }

  mutating func visit(_ function: Function) { visit(parameters: function.parameters, body: function.body) }

  mutating func visit(parameters: [Parameter], body: Function.Body?) {
    functionDepth += 1
    for parameter in parameters {
      if let initial = parameter.initial { visit(initial) }
    }
    switch body {
    case .expression(let expression)?: visit(expression)
    case .block(let block)?: visit(block)
    case nil: break
    }
    functionDepth -= 1
  }

  mutating func visit(_ block: Block) { block.statements.forEach { visit($0) } }

  mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .expression(let value), .constant(_, let value), .variable(_, let value), .input(_, let value, _),
      .seed(let value),
      .use(let value):
      visit(value)
    case .assignment(let name, let value):
      use(name.text)
      assigned.insert(name.text)
      visit(value)
    case .function(let declaration): visit(parameters: declaration.parameters, body: declaration.body)
    case .operation(let declaration): visit(declaration)
    case .expect(let condition, let message):
      visit(condition)
      if let message { visit(message) }
    case .loop(_, let iterated, let body):
      visit(iterated)
      visit(body)
    case .while(let condition, let body):
      visit(condition)
      visit(body)
    case .return(let value):
      if let value { visit(value) }
    case .break, .continue, .invalid: break
    }
  }

  private mutating func visit(_ declaration: OperatorDeclaration) {
    visit(parameters: declaration.parameters, body: nil)
    guard let body = declaration.body else { return }
    functionDepth += 1
    for member in body.members {
      switch member {
      case .statement(let statement): visit(statement)
      case .parameter(let parameter):
        visit(parameter.initial)
        for axis in parameter.axes { visit(axis.value) }
      }
    }
    visit(body.apply)
    functionDepth -= 1
  }
}

extension Pattern {
  /// The names the pattern binds, in order.
  var names: [Identifier] {
    switch self {
    case .name(let name): [name]
    case .list(let patterns, _): patterns.flatMap(\.names)
    case .record(let fields, _): fields.flatMap(\.pattern.names)
    }
  }
}
