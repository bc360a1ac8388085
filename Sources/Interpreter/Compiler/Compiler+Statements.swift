import Syntax

extension Compiler {
  func compileBlock(_ block: Block, wantsValue: Bool) {
    _ = scope.inBlock { compileContents(of: block, wantsValue: wantsValue) }
  }

  /// The statements of a block in the current scope; the last one's value is left if it is wanted.
  func compileContents(of block: Block, wantsValue: Bool) {
    for (position, statement) in block.statements.enumerated() {
      let isLast = position + 1 == block.statements.count
      if isLast, wantsValue, case .expression(let expression) = statement.kind { return compile(expression) }
      compile(statement)
    }
    if wantsValue { scope.code.emit(.null, block.span, change: 1) }
  }

  /// Writes code for a statement inside a function or block; nothing is left on the stack.
  func compile(_ statement: Statement) {
    let span = statement.span
    switch statement.kind {
    case .expression(let expression): compileEffect(expression)
    case .constant(let pattern, let value):
      compile(value, boundTo: pattern)
      bind(pattern, isMutable: false, span)
    case .variable(let name, let value):
      compile(value)
      bind(.name(name), isMutable: true, span)
    case .assignment(let name, let value): compileAssignment(name, value, span)
    case .function(let declaration):
      if declaration.body == nil {
        report(.misplaced, "a function without a body belongs into the standard library", span)
      }
      let template = compileFunction(
        declaration.name.text, isNamed: true, parameters: declaration.parameters, body: declaration.body, span)
      emitFunction(template, span)
      bind(.name(declaration.name), isMutable: false, span)
    case .operation(let declaration):
      report(.misplaced, "`operator \(declaration.name.text)` must stand at the top level", declaration.name.span)
    case .use: report(.misplaced, "`use` must stand at the top level", span)
    case .input: report(.misplaced, "`input` must stand at the top level", span)
    case .seed(let value):
      compile(value)
      scope.code.emit(.seed, span, change: -1)
    case .expect(let condition, let message): compileExpectation(condition, message, span)
    case .loop(let pattern, let iterated, let body): compileLoop(pattern, iterated, body, span)
    case .while(let condition, let body): compileWhile(condition, body, span)
    case .return(let value):
      if scope.isTopLevel { report(.misplaced, "`return` outside of a function", span) }
      if let value { compile(value) } else { scope.code.emit(.null, span, change: 1) }
      scope.code.emit(.return, span, change: -1)
    case .break: leaveLoop("break", \.breaks, span)
    case .continue: leaveLoop("continue", \.continues, span)
    case .invalid: break
    }
  }

  // MARK: Names

  /// A function takes the name it is bound to, and may call itself by it.
  func compile(_ value: Expression, boundTo pattern: Pattern) {
    guard case .name(let name) = pattern, case .function(let function) = value.kind else { return compile(value) }
    let template = compileFunction(
      name.text, isNamed: true, parameters: function.parameters, body: function.body, value.span)
    emitFunction(template, value.span)
  }

  /// Gives the value on the stack to new local names.
  func bind(_ pattern: Pattern, isMutable: Bool, _ span: Span) {
    unpack(pattern)
    let names = pattern.names
    var variables: [FunctionScope.LocalVariable] = []
    for name in names {
      if let existing = scope.blocks.last?[name.text] {
        report(
          .alreadyDefined, "`\(name.text)` is defined already in this block", name.span,
          labels: [Diagnostic.Label(existing.span, in: source, "first here")])
      }
      variables.append(scope.declare(name, isMutable: isMutable))
    }
    for variable in variables.reversed() {
      scope.code.emit(variable.isBoxed ? .makeCell : .setLocal, a: variable.slot, span, change: -1)
    }
  }

  /// Replaces the value on the stack by the values of the pattern's names, in order. Nothing is bound when the value
  /// does not have the pattern's shape.
  func unpack(_ pattern: Pattern) {
    if case .name = pattern { return }
    let names = pattern.names
    var seen: Set<String> = []
    for name in names where !seen.insert(name.text).inserted {
      report(.alreadyDefined, "the pattern names `\(name.text)` twice", name.span)
    }
    let position = scope.code.tables.add(template(of: pattern), to: \.patterns)
    scope.code.emit(.unpack, a: position, pattern.span, change: names.count - 1)
  }

  private func template(of pattern: Pattern) -> PatternTemplate {
    switch pattern {
    case .name: return .name
    case .list(let patterns, _): return .list(patterns.map { template(of: $0) })
    case .record(let fields, _):
      let entries = fields.map { field, pattern in
        var name = field?.text ?? ""
        if field == nil, case .name(let identifier) = pattern { name = identifier.text }
        return (field: name, pattern: template(of: pattern))
      }
      return .record(entries, hasExplicitFields: fields.contains { $0.field != nil })
    }
  }

  private func compileAssignment(_ name: Identifier, _ value: Expression, _ span: Span) {
    compile(value)
    let definition: Span?
    switch resolve(name.text) {
    case .local(let variable)? where variable.isMutable:
      return scope.code.emit(variable.isBoxed ? .setCell : .setLocal, a: variable.slot, span, change: -1)
    case .capture(let position, let capture)? where capture.isMutable:
      return scope.code.emit(.setCellCapture, a: position, span, change: -1)
    case .global(let variable)? where variable.isMutable:
      return scope.code.emit(.setGlobal, a: variable.slot, span, change: -1)
    case nil:
      reportUndefined(name.text, name.span, isCalled: false)
      return scope.code.emit(.pop, span, change: -1)
    case .local(let variable)?: definition = variable.span
    case .capture(_, let capture)?: definition = capture.span
    case .itself?: definition = nil
    case .global(let variable)?: definition = variable.location?.source === source ? variable.location?.span : nil
    }
    report(
      .notAssignable, "`\(name.text)` is not a `var`, so it keeps its value", name.span,
      help: "declare it with `var \(name.text) = …`, or bind a new name with `let`",
      labels: definition.map { [Diagnostic.Label($0, in: source, "defined here")] } ?? [])
    scope.code.emit(.pop, span, change: -1)
  }

  // MARK: Loops

  private func compileLoop(_ pattern: Pattern, _ iterated: Expression, _ body: Block, _ span: Span) {
    let used = scope.inBlock {
      compile(iterated)
      let state = scope.reserveSlot()
      _ = scope.reserveSlot()
      _ = scope.reserveSlot()
      scope.code.emit(.prepareLoop, a: state, iterated.span, change: -1)
      let depth = scope.code.depth
      scope.loops.append(FunctionScope.Loop(depth: depth))
      let start = scope.code.startLoop()
      let end = scope.code.emitJump(.nextElement, b: state, iterated.span, change: 1)
      finishLoop(start: start, end: end, depth: depth, span) {
        bind(pattern, isMutable: false, pattern.span)
        compileContents(of: body, wantsValue: false)
      }
    }
    // The loop lets go of what it iterated.
    scope.code.emit(.clear, a: used.lowerBound, b: used.count, span, change: 0)
  }

  private func compileWhile(_ condition: Expression, _ body: Block, _ span: Span) {
    let depth = scope.code.depth
    scope.loops.append(FunctionScope.Loop(depth: depth))
    let start = scope.code.startLoop()
    let end = compileJump(unless: condition)
    finishLoop(start: start, end: end, depth: depth, span) { compileContents(of: body, wantsValue: false) }
  }

  private func finishLoop(start: Int, end: Int, depth: Int, _ span: Span, body: () -> Void) {
    let used = scope.inBlock(body)
    let loop = scope.loops.removeLast()
    scope.code.land(loop.continues)
    if !used.isEmpty { scope.code.emit(.clear, a: used.lowerBound, b: used.count, span, change: 0) }
    scope.code.emit(.loop, a: start, span, change: 0)
    scope.code.land(end)
    scope.code.land(loop.breaks)
    scope.code.resetDepth(depth)
  }

  private func leaveLoop(_ word: String, _ jumps: WritableKeyPath<FunctionScope.Loop, [Int]>, _ span: Span) {
    guard let loop = scope.loops.last else { return report(.misplaced, "`\(word)` outside of a loop", span) }
    // Operands of an expression that the jump leaves unfinished.
    let unfinished = scope.code.depth - loop.depth
    if unfinished > 0 { scope.code.emit(.popMany, a: unfinished, span, change: 0) }
    let jump = scope.code.emitJump(.jump, span, change: 0)
    scope.loops[scope.loops.count - 1][keyPath: jumps].append(jump)
  }

  // MARK: Expectations

  /// Keeps both sides of a comparison, to show them when it does not hold.
  private func compileExpectation(_ condition: Expression, _ message: Expression?, _ span: Span) {
    let failed: Int
    var comparison = 0
    if case .binary(let op, _, let left, let right) = condition.kind, op.isComparison, let operation = op.operation {
      comparison = op.position + 1
      compile(left)
      compile(right)
      scope.code.emit(.duplicatePair, condition.span, change: 2)
      scope.code.emit(operation, condition.span, change: -1)
      failed = scope.code.emitJump(.jumpIfFalse, condition.span, change: -1)
      scope.code.emit(.popMany, a: 2, condition.span, change: 0)
    } else {
      compile(condition)
      failed = scope.code.emitJump(.jumpIfFalse, condition.span, change: -1)
    }
    let toEnd = scope.code.emitJump(.jump, condition.span, change: 0)
    scope.code.land(failed)
    if let message { compile(message) } else { scope.code.emit(.null, span, change: 1) }
    let text = scope.code.constant(.string(source.text(condition.span)))
    scope.code.emit(.expectationFailed, a: text, b: comparison, condition.span, change: comparison == 0 ? -1 : -3)
    scope.code.land(toEnd)
  }
}

extension Pattern {
  var span: Span {
    switch self {
    case .name(let name): name.span
    case .list(_, let span), .record(_, let span): span
    }
  }
}
