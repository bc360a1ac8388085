import Syntax

/// Where a top-level statement mentions names of the session.
///
/// Names of its own (parameters, bindings in blocks) are left out.
struct NameUse {
  struct Mention {
    enum Kind {
      case bind
      /// `(a, b)` on the left of `let`: the name is a field's, too.
      case bindField
      case read, assign
      /// After a dot: `x.f` may be `f(x)`, or a field.
      case member
    }

    let name: String
    let span: Span
    let kind: Kind
    /// In a function's body: it means what the name means when the function is called.
    let isDeferred: Bool
  }

  private(set) var mentions: [Mention] = []
  /// It acts on what comes after it by more than its names: `seed`, `use`.
  private(set) var affectsAll = false

  /// Names of the scopes around the node at hand; empty at the top level.
  private var scopes: [Set<String>] = []
  private var functionDepth = 0

  init(_ statement: Statement) {
    switch statement.kind {
    case .seed, .use: affectsAll = true
    default: break
    }
    visit(statement)
  }

  var bound: Set<String> { names { $0 == .bind || $0 == .bindField } }
  var assigned: Set<String> { names { $0 == .assign } }
  /// Everything it needs to be there.
  var read: Set<String> { names { $0 == .read || $0 == .assign || $0 == .member } }

  private func names(_ isWanted: (Mention.Kind) -> Bool) -> Set<String> {
    Set(mentions.filter { isWanted($0.kind) }.map(\.name))
  }

  // MARK: Names

  private mutating func mention(_ name: String, _ span: Span, _ kind: Mention.Kind) {
    guard !scopes.contains(where: { $0.contains(name) }) else { return }
    mentions.append(Mention(name: name, span: span, kind: kind, isDeferred: functionDepth > 0))
  }

  private mutating func bind(_ name: Identifier, isField: Bool = false) {
    if scopes.isEmpty {
      mention(name.text, name.span, isField ? .bindField : .bind)
    } else {
      scopes[scopes.count - 1].insert(name.text)
    }
  }

  private mutating func bind(_ pattern: Pattern, isField: Bool = false) {
    switch pattern {
    case .name(let name): bind(name, isField: isField)
    case .list(let patterns, _): for pattern in patterns { bind(pattern) }
    case .record(let fields, _): for field in fields { bind(field.pattern, isField: field.field == nil) }
    }
  }

  private mutating func scoped(isFunction: Bool = false, _ body: (inout NameUse) -> Void) {
    scopes.append([])
    functionDepth += isFunction ? 1 : 0
    body(&self)
    functionDepth -= isFunction ? 1 : 0
    scopes.removeLast()
  }

  // MARK: Statements

  private mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .expression(let value), .seed(let value), .use(let value): visit(value)
    case .constant(let pattern, let value):
      visit(value)
      bind(pattern)
    case .variable(let name, let value), .input(let name, let value, _):
      visit(value)
      bind(name)
    case .assignment(let name, let value):
      visit(value)
      mention(name.text, name.span, .assign)
    case .function(let declaration):
      bind(declaration.name)
      visit(declaration.parameters, declaration.body)
    case .operation(let declaration):
      bind(declaration.name)
      visit(declaration)
    case .expect(let condition, let message):
      visit(condition)
      if let message { visit(message) }
    case .loop(let pattern, let sequence, let body):
      visit(sequence)
      scoped {
        $0.bind(pattern)
        $0.visit(body)
      }
    case .while(let condition, let body):
      visit(condition)
      visit(body)
    case .return(let value):
      if let value { visit(value) }
    case .break, .continue, .invalid: break
    }
  }

  private mutating func visit(_ block: Block) {
    scoped { use in for statement in block.statements { use.visit(statement) } }
  }

  private mutating func visit(_ parameters: [Parameter], _ body: Function.Body?) {
    scoped(isFunction: true) { use in
      for parameter in parameters {
        if let initial = parameter.initial { use.visit(initial) }
        use.bind(parameter.name)
      }
      switch body {
      case .expression(let expression)?: use.visit(expression)
      case .block(let block)?: use.visit(block)
      case nil: break
      }
    }
  }

  private mutating func visit(_ declaration: OperatorDeclaration) {
    scoped(isFunction: true) { use in
      for parameter in declaration.parameters {
        if let initial = parameter.initial { use.visit(initial) }
        use.bind(parameter.name)
      }
      guard let body = declaration.body else { return }
      for member in body.members {
        switch member {
        case .statement(let statement): use.visit(statement)
        case .parameter(let parameter):
          use.visit(parameter.initial)
          use.visit(parameter.axes)
          use.bind(parameter.name)
        }
      }
      use.visit(body.apply.parameters, body.apply.body)
    }
  }

  // MARK: Expressions

  private mutating func visit(_ arguments: [Argument]) {
    for argument in arguments { visit(argument.value) }
  }

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .null, .bool, .integer, .float, .all, .invalid: break
    case .string(let parts, _): for case .expression(let part) in parts { visit(part) }
    case .name(let name): mention(name, expression.span, .read)
    case .list(let elements): for element in elements { visit(element) }
    case .record(let fields): for field in fields { visit(field.value) }
    case .path(let segments):
      for segment in segments {
        switch segment.suffix {
        case .index(let arguments, _)?, .call(let arguments, _)?: visit(arguments)
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
      mention(name.text, name.span, .member)
    case .index(let base, let arguments), .call(let base, let arguments, _):
      visit(base)
      visit(arguments)
    case .function(let function): visit(function.parameters, function.body)
    case .block(let block): visit(block)
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      visit(then)
      if let otherwise { visit(otherwise) }
    }
  }
}
