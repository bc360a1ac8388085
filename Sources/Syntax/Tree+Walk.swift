extension Statement {
  /// Calls `body` with every expression in the statement, outer ones first.
  public func forEachExpression(_ body: (Expression) -> Void) {
    switch kind {
    case .expression(let value), .constant(_, let value), .variable(_, let value), .assignment(_, let value),
      .use(let value), .input(_, let value, _), .seed(let value):
      value.forEachExpression(body)
    case .expect(let condition, let message):
      condition.forEachExpression(body)
      message?.forEachExpression(body)
    case .function(let declaration):
      declaration.parameters.forEach { $0.initial?.forEachExpression(body) }
      declaration.body?.forEachExpression(body)
    case .operation(let declaration):
      declaration.parameters.forEach { $0.initial?.forEachExpression(body) }
      declaration.body?.members.forEach { member in
        switch member {
        case .statement(let statement): statement.forEachExpression(body)
        case .parameter(let parameter):
          parameter.axes.forEach { $0.value.forEachExpression(body) }
          parameter.initial.forEachExpression(body)
        }
      }
      declaration.body?.apply.body.forEachExpression(body)
    case .loop(_, let values, let block):
      values.forEachExpression(body)
      block.forEachExpression(body)
    case .while(let condition, let block):
      condition.forEachExpression(body)
      block.forEachExpression(body)
    case .return(let value): value?.forEachExpression(body)
    case .break, .continue, .invalid: break
    }
  }
}

extension Block {
  func forEachExpression(_ body: (Expression) -> Void) { statements.forEach { $0.forEachExpression(body) } }
}

extension Function.Body {
  func forEachExpression(_ body: (Expression) -> Void) {
    switch self {
    case .expression(let expression): expression.forEachExpression(body)
    case .block(let block): block.forEachExpression(body)
    }
  }
}

extension Expression {
  /// Calls `body` with this expression and every one inside it.
  public func forEachExpression(_ body: (Expression) -> Void) {
    body(self)
    switch kind {
    case .null, .bool, .integer, .float, .all, .invalid, .name: break
    case .string(let parts, _):
      for case .expression(let part) in parts { part.forEachExpression(body) }
    case .list(let elements): elements.forEach { $0.forEachExpression(body) }
    case .record(let fields): fields.forEach { $0.value.forEachExpression(body) }
    case .path(let segments):
      for segment in segments {
        switch segment.suffix {
        case .index(let arguments, _)?, .call(let arguments, _)?:
          arguments.forEach { $0.value.forEachExpression(body) }
        case nil: break
        }
      }
    case .unary(_, let operand), .member(let operand, _): operand.forEachExpression(body)
    case .binary(_, _, let left, let right), .pipe(let left, let right):
      left.forEachExpression(body)
      right.forEachExpression(body)
    case .range(let lower, let upper, _, let step):
      lower.forEachExpression(body)
      upper.forEachExpression(body)
      step?.forEachExpression(body)
    case .index(let base, let arguments), .call(let base, let arguments, _):
      base.forEachExpression(body)
      arguments.forEach { $0.value.forEachExpression(body) }
    case .function(let function):
      function.parameters.forEach { $0.initial?.forEachExpression(body) }
      function.body.forEachExpression(body)
    case .block(let block): block.forEachExpression(body)
    case .conditional(let condition, let then, let otherwise):
      condition.forEachExpression(body)
      then.forEachExpression(body)
      otherwise?.forEachExpression(body)
    }
  }
}
