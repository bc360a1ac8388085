import Syntax

extension Compiler {
  /// `value |> target`: the value is the first argument of the call, or the target is called with it.
  func compilePipe(_ value: Expression, into target: Expression, _ span: Span) {
    if case .call(let callee, let arguments, _) = target.kind {
      compileCall(callee, receiver: value, arguments, span)
    } else {
      compileCall(target, receiver: value, [], span)
    }
  }

  /// - Parameter receiver: what a pipe puts before the arguments.
  func compileCall(_ callee: Expression, receiver: Expression?, _ arguments: [Argument], _ span: Span) {
    switch callee.kind {
    case .member(let base, let name):
      compileMethod(base, name, receiver: receiver, arguments, span)
    case .name(let name):
      guard let reference = resolve(name) else {
        reportUndefined(name, callee.span, isCalled: true)
        // The arguments may hold more mistakes.
        if let receiver { compileEffect(receiver) }
        arguments.forEach { compileEffect($0.value) }
        return scope.code.emit(.null, span, change: 1)
      }
      guard case .global(let variable) = reference, variable.isFunction, let signature = variable.signature else {
        emitLoad(reference, callee.span)
        return emitCall(receiver: receiver, arguments, nil, span)
      }
      check(arguments, receiver: receiver, of: variable, signature, span)
      let isPositional = arguments.allSatisfy { $0.name == nil }
      if !isPositional { emitLoad(reference, callee.span) }
      emitCall(receiver: receiver, arguments, signature, span, global: isPositional ? variable : nil)
    default:
      compile(callee)
      emitCall(receiver: receiver, arguments, nil, span)
    }
  }

  /// Pushes the arguments and calls what lies below them, or the global.
  private func emitCall(
    receiver: Expression?, _ arguments: [Argument], _ signature: Signature?, _ span: Span,
    global: GlobalVariable? = nil
  ) {
    if let receiver { compile(receiver) }
    compileArguments(arguments, after: receiver == nil ? 0 : 1, signature)
    let count = arguments.count + (receiver == nil ? 0 : 1)
    if let global {
      scope.code.emit(.callGlobal, a: count, b: global.slot, span, change: 1 - count)
    } else if arguments.allSatisfy({ $0.name == nil }) {
      scope.code.emit(.call, a: count, span, change: -count)
    } else {
      let names = (receiver == nil ? [] : [nil]) + arguments.map { $0.name?.text }
      let position = scope.code.tables.add(names, to: \.argumentNames)
      scope.code.emit(.callNamed, a: position, span, change: -count)
    }
  }

  /// `base.name(…)`: the base's member where it has one, otherwise `name(base, …)`.
  private func compileMethod(
    _ base: Expression, _ name: Identifier, receiver: Expression?, _ arguments: [Argument], _ span: Span
  ) {
    let local = scope.resolve(name.text)
    if let local {
      emitLoad(reference(local), name.span)
    } else {
      scope.code.emit(.null, name.span, change: 1)
    }
    compile(base)
    if let receiver { compile(receiver) }
    let signature = local == nil ? global(name.text)?.signature : nil
    compileArguments(arguments, after: receiver == nil ? 1 : 2, signature)
    let names = (receiver == nil ? [] : [nil]) + arguments.map { $0.name?.text }
    let namesPosition = scope.code.tables.add(names, to: \.argumentNames)
    let memberPosition = scope.code.tables.add(member(name.text), to: \.members)
    scope.code.emit(.callMethod, a: namesPosition, b: memberPosition, span, change: -1 - names.count)
  }

  /// Pushes the arguments. Those for `axis` and `column` parameters of a known function are names, not expressions.
  private func compileArguments(
    _ arguments: [Argument], after receivers: Int, _ signature: Signature?
  ) {
    var targets: [Int?] = []
    if let signature {
      let names = [String?](repeating: nil, count: receivers) + arguments.map { $0.name?.text }
      targets = (try? ArgumentBinding(signature, names: names, isPartial: true).targets) ?? []
    }
    for (position, argument) in arguments.enumerated() {
      if let signature, targets.indices.contains(position + receivers), let target = targets[position + receivers],
        signature.parameters[target].role == .name
      {
        compileName(argument.value)
      } else {
        compile(argument.value)
      }
    }
  }

  /// `over: query` and `over: [head, query]`; in parentheses an expression is evaluated.
  private func compileName(_ expression: Expression) {
    switch expression.kind {
    case .name(let name) where !isParenthesised(expression):
      scope.code.emitConstant(.string(name), expression.span)
    case .list(let elements) where !isParenthesised(expression):
      for element in elements {
        if case .name(let name) = element.kind, !isParenthesised(element) {
          scope.code.emitConstant(.string(name), element.span)
        } else {
          compile(element)
        }
      }
      scope.code.emit(.makeList, a: elements.count, expression.span, change: 1 - elements.count)
    default:
      compile(expression)
    }
  }

  /// Whether the expression is written in parentheses: they belong to its span.
  private func isParenthesised(_ expression: Expression) -> Bool {
    let lower = expression.span.lower
    return source.bytes.indices.contains(lower) && source.bytes[lower] == UInt8(ascii: "(")
  }

  /// Reports arguments that do not fit a function known by name.
  private func check(
    _ arguments: [Argument], receiver: Expression?, of variable: GlobalVariable, _ signature: Signature,
    _ span: Span
  ) {
    let receivers = receiver == nil ? 0 : 1
    let names = [String?](repeating: nil, count: receivers) + arguments.map { $0.name?.text }
    do {
      _ = try ArgumentBinding(signature, names: names)
    } catch {
      let found = error.error(calling: signature).diagnostic
      var place = span
      if let argument = error.argument {
        if argument < receivers {
          place = receiver?.span ?? span
        } else {
          let written = arguments[argument - receivers]
          place = written.name?.span ?? written.value.span
        }
      }
      var labels: [Diagnostic.Label] = []
      if let location = variable.location, !variable.isNative {
        labels.append(Diagnostic.Label(location.span, in: location.source, "`\(variable.name)` is defined here"))
      }
      report(.badCall, found.message, place, help: found.help, labels: labels)
    }
  }
}
