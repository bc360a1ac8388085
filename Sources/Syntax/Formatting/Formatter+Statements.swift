extension Formatter {
  /// Statements, one a line, with the comments and single empty lines between them.
  mutating func statements(_ statements: [Statement], firstInBlock: Bool) -> [Layout] {
    var parts: [Layout] = []
    var isFirst = firstInBlock
    for statement in statements {
      parts += separator(isFirst: isFirst)
      parts.append(layout(statement))
      isFirst = false
    }
    parts += semicolons()
    return parts
  }

  /// What stands between two statements: `;` where a line break alone would not part them, comments, line breaks.
  mutating func separator(isFirst: Bool) -> [Layout] {
    var parts: [Layout] = []
    if isFirst {
      // Nothing stands before these for a comment to be behind, so comments keep their lines.
      while at(.semicolon) { cursor += 1 }
    } else {
      parts = semicolons()
    }
    let comments = ownLineComments(after: !isFirst)
    parts += comments
    if !isFirst || !comments.isEmpty {
      parts += lineBreak(before: token.span.lower, afterComment: !comments.isEmpty)
    }
    return parts
  }

  mutating func semicolons() -> [Layout] {
    var parts: [Layout] = []
    var found = false
    while at(.semicolon) {
      // A comment before it stays where it is; the sign itself goes.
      parts.append(skip())
      found = true
    }
    let joinsLines = at(.dot) || at(.leftBrace) || (token.kind.infixPrecedence != nil && !at(.minus))
    if found, joinsLines { parts.insert(.text(";"), at: 0) }
    return parts
  }

  mutating func layout(_ statement: Statement) -> Layout {
    switch statement.kind {
    case .expression(let value): return layout(value)
    case .constant(let pattern, let value):
      return .sequence([take(), .text(" "), layout(pattern), .text(" "), take(), .text(" "), layout(value)])
    case .variable(_, let value):
      return .sequence([take(), .text(" "), take(), .text(" "), take(), .text(" "), layout(value)])
    case .assignment(_, let value): return .sequence([take(), .text(" "), take(), .text(" "), layout(value)])
    case .function(let declaration): return layout(declaration)
    case .operation(let declaration): return layout(declaration)
    case .use(let value), .seed(let value): return .sequence([take(), .text(" "), layout(value)])
    case .input(_, let value, let help):
      var parts = [take(), .text(" "), take(), .text(" "), take(), .text(" "), layout(value)]
      if help != nil { parts += [.text(" "), take()] }
      return .sequence(parts)
    case .expect(let condition, let message):
      var parts = [take(), .text(" "), layout(condition)]
      if let message { parts += [take(), .text(" "), layout(message)] }
      return .sequence(parts)
    case .loop(let pattern, let values, let body):
      return .sequence([
        take(), .text(" "), layout(pattern), .text(" "), take(), .text(" "), layout(values), .text(" "), layout(body),
      ])
    case .while(let condition, let body):
      return .sequence([take(), .text(" "), layout(condition), .text(" "), layout(body)])
    case .return(let value):
      guard let value else { return take() }
      return .sequence([take(), .text(" "), layout(value)])
    case .break, .continue, .invalid: return take()
    }
  }

  mutating func layout(_ pattern: Pattern) -> Layout {
    switch pattern {
    case .name: return take()
    case .list(let parts, _): return bracketed(parts) { formatter, part in formatter.layout(part) }
    case .record(let parts, _):
      return bracketed(parts) { formatter, part in
        let label: [Layout] = part.field == nil ? [] : formatter.take(2) + [.text(" ")]
        return .sequence(label + [formatter.layout(part.pattern)])
      }
    }
  }

  private mutating func layout(_ declaration: FunctionDeclaration) -> Layout {
    var parts = [take(), .text(" "), take(), parameters(declaration.parameters)]
    if declaration.result != nil { parts += [.text(" "), take(), .text(" "), take()] }
    switch declaration.body {
    case nil: break
    case .expression(let value): parts += [.text(" "), take(), .text(" "), layout(value)]
    case .block(let block):
      parts.append(.text(" "))
      if at(.equals) { parts += [take(), .text(" ")] }
      parts.append(layout(block))
    }
    return .sequence(parts)
  }

  private mutating func parameters(_ parameters: [Parameter]) -> Layout {
    bracketed(parameters) { formatter, parameter in formatter.layout(parameter) }
  }

  mutating func layout(_ parameter: Parameter) -> Layout {
    var parts = [take()]
    if parameter.annotation != nil { parts += [take(), .text(" "), take()] }
    if let value = parameter.initial { parts += [.text(" "), take(), .text(" "), layout(value)] }
    return .sequence(parts)
  }

  private mutating func layout(_ declaration: OperatorDeclaration) -> Layout {
    let head = [take(), .text(" "), take(), parameters(declaration.parameters)]
    guard let body = declaration.body else { return .sequence(head) }
    let open = take()
    var inner: [Layout] = semicolons() + [.newline]
    var isFirst = true
    for member in body.members {
      inner += separator(isFirst: isFirst)
      isFirst = false
      switch member {
      case .statement(let statement): inner.append(layout(statement))
      case .parameter(let parameter): inner.append(layout(parameter))
      }
    }
    inner += separator(isFirst: isFirst)
    inner.append(.sequence(functionHead(body.apply, keyword: false) + [layout(body.apply.body)]))
    inner += semicolons() + ownLineComments(after: true)
    let block = Layout.group(.sequence([open, .indent(.sequence(inner)), .newline, take()]), broken: true)
    return .sequence(head + [.text(" "), block])
  }

  private mutating func layout(_ parameter: TrainableParameter) -> Layout {
    var parts = [take(), .text(" "), take()]
    if at(.leftBracket) {
      parts.append(bracketed(parameter.axes) { formatter, axis in formatter.layout(axis) })
    }
    return .sequence(parts + [.text(" "), take(), .text(" "), layout(parameter.initial)])
  }
}
