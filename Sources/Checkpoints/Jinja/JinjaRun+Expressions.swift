extension JinjaRun {
  func evaluate(_ node: JinjaNode, _ scope: JinjaScope) throws -> JinjaValue {
    try budget.nested {
      try budget.spend()
      do { return try value(node.expression, scope) } catch let failure as TemplateFailure {
        throw failure.at(node.offset)
      }
    }
  }

  private func value(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
    switch expression {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .float(let value): return .float(value)
    case .text(let text): return .text(text)
    case .name(let name):
      if let value = scope.value(name) { return value }
      return Self.globals.contains(name) ? .function(.global(name)) : .undefined("\"\(name)\"")
    case .list(let nodes): return .list(try elements(nodes, scope))
    case .tuple(let nodes): return .tuple(try elements(nodes, scope))
    case .dictionary(let keys, let values): return try dictionary(keys, values, scope)
    case .member(let owner, let name): return try member(name, of: evaluate(owner, scope))
    case .item(let owner, let index): return try item(evaluate(index, scope), of: evaluate(owner, scope))
    case .slice(let owner, let start, let stop, let step):
      let bounds = try [start, stop, step].map { try bound($0, scope) }
      return try slice(evaluate(owner, scope), bounds[0], bounds[1], bounds[2])
    case .call(let callee, let call): return try invoke(callee, call, scope)
    case .filter(let input, let name, let call):
      guard let input else { throw TemplateFailure.operation("the filter \(name) has nothing to filter") }
      return try filter(name, evaluate(input, scope), arguments(call, scope))
    case .test(let subject, let name, let call):
      return .bool(try test(name, evaluate(subject, scope), arguments(call, scope)))
    case .not(let operand): return .bool(try !evaluate(operand, scope).isTrue)
    case .sign(let operand, let isNegative): return try signed(evaluate(operand, scope), isNegative)
    case .arithmetic(let left, let operation, let right):
      return try arithmetic(evaluate(left, scope), operation, evaluate(right, scope))
    case .and(let left, let right):
      let value = try evaluate(left, scope)
      return value.isTrue ? try evaluate(right, scope) : value
    case .or(let left, let right):
      let value = try evaluate(left, scope)
      return value.isTrue ? value : try evaluate(right, scope)
    case .comparison(let first, let rest): return try comparison(first, rest, scope)
    case .joined(let nodes):
      var text = MarkedText([])
      for node in nodes {
        let part = try evaluate(node, scope).printed(budget)
        try budget.spend(part.count)
        text.append(part)
      }
      return .text(text)
    case .conditional(let test, let then, let otherwise):
      if try evaluate(test, scope).isTrue { return try evaluate(then, scope) }
      return try otherwise.map { try evaluate($0, scope) } ?? .undefined("an \"if\" without \"else\"")
    }
  }

  private func elements(_ nodes: [JinjaNode], _ scope: JinjaScope) throws -> JinjaList {
    JinjaList(try nodes.map { try contained(evaluate($0, scope)) })
  }

  private func dictionary(_ keys: [JinjaNode], _ values: [JinjaNode], _ scope: JinjaScope) throws -> JinjaValue {
    var dictionary = JinjaDictionary()
    for (key, value) in zip(keys, values) {
      let key = try evaluate(key, scope)
      try put(evaluate(value, scope), under: key, into: &dictionary)
    }
    return .dictionary(dictionary)
  }

  func put(_ value: JinjaValue, under key: JinjaValue, into dictionary: inout JinjaDictionary) throws {
    guard let hashed = key.key else { throw TemplateFailure.operation("\(key.kind) cannot be a dictionary's key") }
    dictionary.set(key, hashed, try contained(value))
  }

  private func comparison(
    _ first: JinjaNode, _ rest: [(JinjaComparison, JinjaNode)], _ scope: JinjaScope
  ) throws -> JinjaValue {
    var left = try evaluate(first, scope)
    for (comparison, node) in rest {
      let right = try evaluate(node, scope)
      guard try holds(left, comparison, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  func holds(_ left: JinjaValue, _ comparison: JinjaComparison, _ right: JinjaValue) throws -> Bool {
    switch comparison {
    case .equal: try left.equals(right, budget)
    case .notEqual: try !left.equals(right, budget)
    case .less: try left.isLess(than: right, budget)
    case .greater: try right.isLess(than: left, budget)
    case .lessOrEqual: try left.isLess(than: right, budget) || left.equals(right, budget)
    case .greaterOrEqual: try right.isLess(than: left, budget) || left.equals(right, budget)
    case .isIn: try right.contains(left, budget)
    case .isNotIn: try !right.contains(left, budget)
    }
  }

  func arguments(_ call: JinjaCall, _ scope: JinjaScope) throws -> JinjaArguments {
    var positional = try call.positional.map { try evaluate($0, scope) }
    var named = try call.named.map { (name: $0.name, value: try evaluate($0.value, scope)) }
    if let spread = call.spread { positional += try evaluate(spread, scope).elements() }
    if let spread = call.spreadNamed {
      guard case .dictionary(let dictionary) = try evaluate(spread, scope) else {
        throw TemplateFailure.operation("\"**\" takes a dictionary")
      }
      for (key, value) in zip(dictionary.keys, dictionary.values) {
        named.append((try key.printed(budget).string, value))
      }
    }
    return JinjaArguments(positional, named: named)
  }

  /// A call; methods are called without being made values first.
  private func invoke(_ callee: JinjaNode, _ call: JinjaCall, _ scope: JinjaScope) throws -> JinjaValue {
    if case .member(let owner, let name) = callee.expression {
      let receiver = try evaluate(owner, scope)
      if hasMethod(receiver, name) { return try method(name, of: receiver, arguments(call, scope)) }
      let function = try placed(callee) { try member(name, of: receiver) }
      return try self.call(function, arguments(call, scope))
    }
    return try self.call(evaluate(callee, scope), arguments(call, scope))
  }

  func call(_ function: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    switch function {
    case .function(.global(let name)): return try global(name, arguments)
    case .function(.method(let receiver, let name)): return try method(name, of: receiver, arguments)
    case .function(.macro(let macro)): return try budget.nested { try call(macro, arguments) }
    case .undefined(let name): throw TemplateFailure(.undefined(name))
    default: throw TemplateFailure.operation("\(function.kind) cannot be called")
    }
  }

  private func call(_ macro: JinjaMacro, _ given: JinjaArguments) throws -> JinjaValue {
    var arguments = given
    let statement = macro.statement
    let scope = JinjaScope(in: macro.scope)
    for (name, fallback) in statement.parameters {
      if let value = try arguments.next(name) {
        scope.names[name] = value
      } else {
        scope.names[name] = try fallback.map { try evaluate($0, scope) } ?? .undefined("the parameter \"\(name)\"")
      }
    }
    if statement.takesCaller {
      let place = arguments.named.firstIndex { $0.name == "caller" }
      scope.names["caller"] = place.map { arguments.named.remove(at: $0).value } ?? .undefined("\"caller\"")
    }
    if statement.takesRest {
      scope.names["varargs"] = .tuple(JinjaList(try arguments.positional.map(contained)))
      arguments.positional = []
    }
    if statement.takesNamedRest {
      var rest = JinjaDictionary()
      for (name, value) in arguments.named { rest.set(name, try contained(value)) }
      scope.names["kwargs"] = .dictionary(rest)
      arguments.named = []
    }
    do { try arguments.finish() } catch let failure as TemplateFailure {
      guard case .operation(let problem) = failure.kind else { throw failure }
      throw TemplateFailure.operation("the macro \"\(statement.name)\": \(problem)")
    }
    var text = MarkedText([])
    _ = try execute(statement.body, scope, &text)
    return .text(text)
  }
}
