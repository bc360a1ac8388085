import Syntax

extension Compiler {
  /// Compiles a function in the current scope.
  ///
  /// - Parameters:
  ///   - isNamed: whether it is declared with a name, and may therefore call itself.
  ///   - hidden: parameters behind the declared ones, which only the host fills.
  ///   - prologue: statements to run before the body.
  func compileFunction(
    _ name: String, isNamed: Bool, parameters: [Parameter], hidden: [Identifier] = [], prologue: [Statement] = [],
    body: Function.Body?, _ span: Span
  ) -> CodeTables.ClosureTemplate {
    var names = NameCollector()
    if let body {
      // The walk starts inside the function, so what counts are functions nested in it.
      switch body {
      case .expression(let expression): names.visit(expression)
      case .block(let block): names.visit(block)
      }
    }
    prologue.forEach { names.visit($0) }
    return compileFunction(
      name, isNamed: isNamed, parameters: parameters, hidden: hidden, namesUsedInside: names.usedInFunctions, span
    ) {
      for statement in prologue { compile(statement) }
      switch body {
      case .expression(let expression)?: compile(expression)
      case .block(let block)?: compileContents(of: block, wantsValue: true)
      case nil: scope.code.emit(.null, span, change: 1)
      }
    }
  }

  /// The same with a body that writes its own code and leaves one value.
  func compileFunction(
    _ name: String, isNamed: Bool, parameters: [Parameter], hidden: [Identifier] = [], namesUsedInside: Set<String>,
    _ span: Span, body: () -> Void
  ) -> CodeTables.ClosureTemplate {
    let outer = scope
    let isGlobal = outer.isTopLevel && outer.blocks.count == 1
    let inner = FunctionScope(
      parent: outer, selfName: isNamed && !isGlobal ? name : nil, namesUsedInside: namesUsedInside)
    scope = inner
    defer { scope = outer }
    let hiddenParameters = hidden.map { Parameter(name: $0, annotation: nil, initial: nil) }
    for parameter in parameters + hiddenParameters {
      _ = inner.declare(parameter.name, isMutable: false)
    }
    for (slot, parameter) in parameters.enumerated() {
      guard let initial = parameter.initial else { continue }
      let given = inner.code.emitJump(.jumpIfGiven, b: slot, initial.span, change: 0)
      compile(initial)
      inner.code.emit(.setLocal, a: slot, initial.span, change: -1)
      inner.code.land(given)
    }
    body()
    inner.code.emit(.return, span, change: -1)
    let code = finish(
      inner, name: name, span: span, signature: signature(name, parameters + hiddenParameters), isNamed: isNamed)
    return CodeTables.ClosureTemplate(code: code, captures: inner.captures.map(\.source))
  }

  /// Pushes a closure.
  func emitFunction(_ template: CodeTables.ClosureTemplate, _ span: Span) {
    let position = scope.code.tables.add(template, to: \.closures)
    scope.code.emit(.makeFunction, a: position, span, change: 1)
  }

  /// An operator is a function of its parameters that makes an `OperatorObject`: it runs the `let`s, finds the sizes of the
  /// trainable parameters, and makes closures for their initial values and for the update.
  ///
  /// A `let` that depends on trainable parameters cannot run before they have values: it becomes part of the update.
  func compileOperator(_ declaration: OperatorDeclaration, _ body: OperatorBody, _ span: Span) -> Code {
    startStatement()
    var trainables: [TrainableParameter] = []
    var dependent: Set<String> = []
    for case .parameter(let parameter) in body.members {
      if trainables.contains(where: { $0.name.text == parameter.name.text }) {
        report(.alreadyDefined, "the operator has a parameter `\(parameter.name.text)` already", parameter.name.span)
      }
      trainables.append(parameter)
      dependent.insert(parameter.name.text)
    }
    var prologue: [Statement] = []
    var isPrologue: [Bool] = []
    var names = NameCollector()
    for member in body.members {
      guard case .statement(let statement) = member else { continue }
      names.visit(statement)
      var own = NameCollector()
      own.visit(statement)
      let depends = !own.used.isDisjoint(with: dependent)
      isPrologue.append(depends)
      guard depends else { continue }
      prologue.append(statement)
      dependent.formUnion(statement.definedNames.map(\.text))
    }
    names.visit(body.apply)
    let definition = OperatorDefinition(
      name: declaration.name.text, signature: signature(declaration.name.text, declaration.parameters),
      trainables: trainables.map { parameter in
        OperatorDefinition.Trainable(
          name: parameter.name.text,
          axes: parameter.axes.map { axis in
            OperatorDefinition.Axis(name: axis.axisName, hasSize: axis.name != nil)
          },
          documentation: parameter.documentation)
      }, applyParameters: body.apply.parameters.map(\.name.text), body: body,
      standardNames: names.used.filter(isStandard), undefinedNames: names.used.filter { isUndefined($0) })
    return compileFunction(
      declaration.name.text, isNamed: true, parameters: declaration.parameters, namesUsedInside: names.usedInFunctions,
      span
    ) {
      var statements = 0
      var before: [Identifier] = []
      var pushed = 0
      for member in body.members {
        switch member {
        case .statement(let statement):
          if !isPrologue[statements] { compile(statement) }
          statements += 1
        case .parameter(let parameter):
          for axis in parameter.axes { emitSize(of: axis, parameter.span) }
          emitFunction(
            compileFunction(
              parameter.name.text, isNamed: false, parameters: [], hidden: before, body: .expression(parameter.initial),
              parameter.initial.span), parameter.initial.span)
          before.append(parameter.name)
          pushed += parameter.axes.count + 1
        }
      }
      emitFunction(
        compileFunction(
          declaration.name.text, isNamed: false, parameters: body.apply.parameters, hidden: trainables.map(\.name),
          prologue: prologue, body: body.apply.body, body.span), body.span)
      let position = scope.code.tables.add(definition, to: \.operators)
      scope.code.emit(.makeOperator, a: position, span, change: -pushed)
    }.code
  }

  /// Whether a name means the standard library's here.
  private func isStandard(_ name: String) -> Bool {
    guard let library = module.prelude else { return !scope.visibleNames.contains(name) && module.names[name] != nil }
    return isUndefined(name, apartFrom: library) && library.lookup(name) != nil
  }

  /// Whether a name means nothing here, but for what it may mean in the standard library.
  private func isUndefined(_ name: String, apartFrom library: Module? = nil) -> Bool {
    let inner = !scope.visibleNames.contains(name) && module.names[name] == nil && module.imports[name] == nil
    return inner && forward[name] == nil && (library != nil || module.prelude?.lookup(name) == nil)
  }

  /// Pushes the size of an axis: what `name: size` says, the value of a variable of the axis' name, or nil. That of the
  /// operator's own parameters may be a string: the axis' name.
  private func emitSize(of axis: Argument, _ span: Span) {
    if axis.name != nil {
      compile(axis.value)
    } else if let name = axis.axisName.nonEmpty, let reference = scope.resolve(name) {
      switch reference {
      case .local(let variable): emitLoad(.local(variable), axis.value.span)
      case .capture(let position, let capture): emitLoad(.capture(position, capture), axis.value.span)
      case .itself: scope.code.emit(.null, span, change: 1)
      }
    } else if let name = axis.axisName.nonEmpty, let variable = module.names[name], !variable.isFunction {
      emitLoad(.global(variable), axis.value.span)
    } else {
      scope.code.emit(.null, span, change: 1)
    }
  }
}

extension Argument {
  /// The axis that `name` or `name: size` declares; empty where it is neither.
  fileprivate var axisName: String {
    if let name { return name.text }
    if case .name(let text) = value.kind { return text }
    return ""
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}

extension Statement {
  /// The names a statement defines in the scope it stands in.
  var definedNames: [Identifier] {
    switch kind {
    case .constant(let pattern, _): pattern.names
    case .variable(let name, _), .input(let name, _, _): [name]
    case .function(let declaration): [declaration.name]
    case .operation(let declaration): [declaration.name]
    default: []
    }
  }
}
