import Syntax

extension Compiler {
  /// Writes code that leaves the expression's value on the stack.
  func compile(_ expression: Expression) {
    let span = expression.span
    switch expression.kind {
    case .null, .invalid: scope.code.emit(.null, span, change: 1)
    case .bool(let value): scope.code.emitConstant(.bool(value), span)
    case .integer(let value): scope.code.emitConstant(.int(value), span)
    case .float(let value): scope.code.emitConstant(.float(value), span)
    case .string(let parts, _): compile(parts, span)
    case .all: scope.code.emitConstant(.object(AllObject.shared), span)
    case .name(let name):
      guard let reference = resolve(name) else {
        reportUndefined(name, span, isCalled: false)
        return scope.code.emit(.null, span, change: 1)
      }
      emitLoad(reference, span)
    case .list(let elements):
      elements.forEach { compile($0) }
      scope.code.emit(.makeList, a: elements.count, span, change: 1 - elements.count)
    case .record(let fields): compile(fields, span)
    case .path(let segments): compile(segments, span)
    case .unary(let op, let operand): compile(op, operand, span)
    case .binary(let op, let sign, let left, let right): compile(op, sign, left, right, span)
    case .range(let lower, let upper, let inclusive, let step):
      compile(lower)
      compile(upper)
      if let step { compile(step) }
      let flags = (inclusive ? 1 : 0) + (step == nil ? 0 : 2)
      scope.code.emit(.makeRange, a: flags, span, change: step == nil ? -1 : -2)
    case .pipe(let value, let target): compilePipe(value, into: target, span)
    case .member(let base, let name): compileMember(base, name, span)
    case .index(let base, let arguments): compileIndex(base, arguments, span)
    case .call(let callee, let arguments, _): compileCall(callee, receiver: nil, arguments, span)
    case .function(let function):
      let template = compileFunction(
        "", isNamed: false, parameters: function.parameters, body: function.body, span)
      emitFunction(template, span)
    case .block(let block): compileBlock(block, wantsValue: true)
    case .conditional(let condition, let then, let otherwise):
      compileConditional(condition, then, otherwise, span, wantsValue: true)
    }
  }

  /// Writes code for what the expression does, leaving nothing.
  func compileEffect(_ expression: Expression) {
    switch expression.kind {
    case .block(let block): compileBlock(block, wantsValue: false)
    case .conditional(let condition, let then, let otherwise):
      compileConditional(condition, then, otherwise, expression.span, wantsValue: false)
    default:
      compile(expression)
      scope.code.emit(.pop, expression.span, change: -1)
    }
  }

  private func compile(_ parts: [StringPart], _ span: Span) {
    if parts.allSatisfy({ if case .text = $0 { true } else { false } }) {
      let text = parts.map { if case .text(let text) = $0 { text } else { "" } }.joined()
      return scope.code.emitConstant(.string(text), span)
    }
    for part in parts {
      switch part {
      case .text(let text): scope.code.emitConstant(.string(text), span)
      case .expression(let expression): compile(expression)
      }
    }
    scope.code.emit(.interpolate, a: parts.count, span, change: 1 - parts.count)
  }

  private func compile(_ fields: [RecordField], _ span: Span) {
    fields.forEach { compile($0.value) }
    let position = scope.code.tables.add(RecordShape(fields.map(\.name.text)), to: \.recordShapes)
    scope.code.emit(.makeRecord, a: position, span, change: 1 - fields.count)
  }

  private func compile(_ segments: [PathSegment], _ span: Span) {
    var pushed = 0
    var templates: [CodeTables.PathTemplate] = []
    for segment in segments {
      switch segment.suffix {
      case nil:
        templates.append(CodeTables.PathTemplate(name: segment.name.text, isCall: false, argumentNames: nil))
      case .index(let arguments, _)?, .call(let arguments, _)?:
        arguments.forEach { compile($0.value) }
        pushed += arguments.count
        let isCall = if case .call? = segment.suffix { true } else { false }
        templates.append(
          CodeTables.PathTemplate(
            name: segment.name.text, isCall: isCall, argumentNames: arguments.map { $0.name?.text }))
      }
    }
    let position = scope.code.tables.add(templates, to: \.paths)
    scope.code.emit(.makePath, a: position, span, change: 1 - pushed)
  }

  // MARK: Operators

  private func compile(_ op: UnaryOperator, _ operand: Expression, _ span: Span) {
    switch (op, operand.kind) {
    case (.negate, .integer(let value)) where value != .min: scope.code.emitConstant(.int(-value), span)
    case (.negate, .float(let value)): scope.code.emitConstant(.float(-value), span)
    default:
      compile(operand)
      scope.code.emit(op == .negate ? .negate : .not, span, change: 0)
    }
  }

  private func compile(
    _ op: BinaryOperator, _ sign: Identifier, _ left: Expression, _ right: Expression, _ span: Span
  ) {
    compile(left)
    switch op {
    case .and, .or:
      let jump = scope.code.emitJump(op == .and ? .jumpIfFalseKeeping : .jumpIfTrueKeeping, left.span, change: -1)
      compile(right)
      scope.code.emit(.condition, right.span, change: 0)
      scope.code.land(jump)
    case .add, .subtract:
      if case .integer(let value) = right.kind, Int32(exactly: value) != nil, Int32(exactly: -value) != nil {
        return scope.code.emit(.addInteger, a: op == .add ? value : -value, span, change: 0)
      }
      compile(right)
      scope.code.emit(op == .add ? .add : .subtract, span, change: -1)
    default:
      compile(right)
      if let operation = op.operation {
        scope.code.emit(operation, span, change: -1)
      } else {
        scope.code.emit(.binary, a: op.position, span, change: -1)
      }
    }
  }

  // MARK: Conditions

  /// Writes a jump that is taken when the condition is false.
  func compileJump(unless condition: Expression) -> Int {
    if case .binary(let op, _, let left, let right) = condition.kind, let jump = op.jumpUnless {
      compile(left)
      compile(right)
      return scope.code.emitJump(jump, condition.span, change: -2)
    }
    compile(condition)
    return scope.code.emitJump(.jumpIfFalse, condition.span, change: -1)
  }

  private func compileConditional(
    _ condition: Expression, _ then: Block, _ otherwise: Expression?, _ span: Span, wantsValue: Bool
  ) {
    let toOtherwise = compileJump(unless: condition)
    let depth = scope.code.depth
    compileBlock(then, wantsValue: wantsValue)
    if otherwise == nil && !wantsValue { return scope.code.land(toOtherwise) }
    let toEnd = scope.code.emitJump(.jump, span, change: 0)
    scope.code.land(toOtherwise)
    scope.code.resetDepth(depth)
    if let otherwise {
      wantsValue ? compile(otherwise) : compileEffect(otherwise)
    } else {
      scope.code.emit(.null, span, change: 1)
    }
    scope.code.land(toEnd)
  }

  // MARK: Parts

  private func compileMember(_ base: Expression, _ name: Identifier, _ span: Span) {
    let position = scope.code.tables.add(member(name.text), to: \.members)
    if let local = scope.resolve(name.text) {
      emitLoad(reference(local), name.span)
      compile(base)
      scope.code.emit(.memberOrCall, a: position, name.span, change: -1)
    } else {
      compile(base)
      scope.code.emit(.member, a: position, name.span, change: 0)
    }
  }

  func reference(_ resolution: FunctionScope.Resolution) -> Reference {
    switch resolution {
    case .local(let variable): .local(variable)
    case .capture(let position, let capture): .capture(position, capture)
    case .itself: .itself
    }
  }

  /// The globals that `x.name` may call: this file's, then the standard library's.
  func member(_ name: String) -> CodeTables.Member {
    var globals: [Int] = []
    for candidate in [module.names[name], module.imports[name], forward[name], module.prelude?.lookup(name)] {
      if let slot = candidate?.slot, !globals.contains(slot) { globals.append(slot) }
    }
    return CodeTables.Member(name: name, globals: globals)
  }

  private func compileIndex(_ base: Expression, _ arguments: [Argument], _ span: Span) {
    compile(base)
    arguments.forEach { compile($0.value) }
    if arguments.count == 1 && arguments[0].name == nil {
      scope.code.emit(.indexOne, span, change: -1)
    } else {
      let names = scope.code.tables.add(arguments.map { $0.name?.text }, to: \.argumentNames)
      scope.code.emit(.index, a: names, span, change: -arguments.count)
    }
  }
}

extension BinaryOperator {
  /// The instruction for operators that have one of their own.
  var operation: Operation? {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .modulo: .modulo
    case .integerDivide: .integerDivide
    case .contract: .contract
    case .power: .power
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .and, .or, .on, .yields, .with: nil
    }
  }

  /// The jump that compares on its way.
  var jumpUnless: Operation? {
    switch self {
    case .equal: .jumpUnlessEqual
    case .notEqual: .jumpUnlessNotEqual
    case .less: .jumpUnlessLess
    case .lessOrEqual: .jumpUnlessLessOrEqual
    case .greater: .jumpUnlessGreater
    case .greaterOrEqual: .jumpUnlessGreaterOrEqual
    default: nil
    }
  }

  var isComparison: Bool { jumpUnless != nil }

  var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
