/// One rendering of a template.
final class JinjaRun {
  let budget: JinjaBudget
  /// Today by a format of `strftime`.
  let clock: (String) -> String
  /// Scopes that macros refer to, and namespaces: what can come to hold itself, and is emptied in the end.
  private var closures: [JinjaScope] = []
  private var namespaces: [JinjaNamespace] = []

  init(limits: JinjaLimits, clock: @escaping (String) -> String) {
    budget = JinjaBudget(limits)
    self.clock = clock
  }

  func render(_ statements: [JinjaStatement], _ variables: [String: JinjaValue]) throws -> MarkedText {
    defer {
      for scope in closures { scope.names = [:] }
      for namespace in namespaces { namespace.attributes = JinjaDictionary() }
    }
    var output = MarkedText([])
    _ = try execute(statements, JinjaScope(variables), &output)
    return output
  }

  /// How a list of statements ended.
  enum Flow { case done, stopped, skipped }

  func execute(_ statements: [JinjaStatement], _ scope: JinjaScope, _ output: inout MarkedText) throws -> Flow {
    for statement in statements {
      let flow = try execute(statement, scope, &output)
      if flow != .done { return flow }
    }
    return .done
  }

  private func write(_ text: MarkedText, _ output: inout MarkedText) throws {
    try budget.spend(text.count)
    output.append(text)
  }

  private func execute(_ statement: JinjaStatement, _ scope: JinjaScope, _ output: inout MarkedText) throws -> Flow {
    try budget.spend()
    switch statement {
    case .text(let text): try write(text, &output)
    case .output(let node): try write(printed(node, scope), &output)
    case .condition(let branches):
      for (test, body) in branches {
        guard try test.map({ try evaluate($0, scope).isTrue }) ?? true else { continue }
        return try within { try execute(body, scope, &output) }
      }
    case .loop(let loop): return try execute(loop, scope, &output)
    case .set(let target, let node): try assign(evaluate(node, scope), to: target, scope, node.offset)
    case .setBlock(let target, let filter, let body):
      let text = try rendered(body, JinjaScope(in: scope), filter)
      try assign(.text(text), to: target, scope, 0)
    case .macro(let macro): scope.names[macro.name] = closure(macro, scope)
    case .callBlock(let node, let body):
      guard case .call(let callee, let call) = node.expression else { return .done }
      var arguments = try self.arguments(call, scope)
      arguments.named.append(("caller", closure(body, scope)))
      try write(placed(node) { try self.call(evaluate(callee, scope), arguments) }.printed(budget), &output)
    case .filterBlock(let filter, let body): try write(rendered(body, JinjaScope(in: scope), filter), &output)
    case .with(let values, let body):
      let inner = JinjaScope(in: scope)
      for (target, node) in values { try assign(evaluate(node, scope), to: target, inner, node.offset) }
      return try within { try execute(body, inner, &output) }
    case .generation(let body): return try within { try execute(body, JinjaScope(in: scope), &output) }
    case .break: return .stopped
    case .continue: return .skipped
    }
    return .done
  }

  private func within(_ body: () throws -> Flow) throws -> Flow { try budget.nested(body) }

  private func printed(_ node: JinjaNode, _ scope: JinjaScope) throws -> MarkedText {
    let value = try evaluate(node, scope)
    return try placed(node) { try value.printed(budget) }
  }

  /// A body as a text, filtered.
  private func rendered(_ body: [JinjaStatement], _ scope: JinjaScope, _ filter: JinjaNode?) throws -> MarkedText {
    var text = MarkedText([])
    _ = try budget.nested { try execute(body, scope, &text) }
    guard let filter else { return text }
    return try filtered(.text(text), filter, scope).printed(budget)
  }

  /// What a chain of filters without an input makes of `text`.
  private func filtered(_ text: JinjaValue, _ node: JinjaNode, _ scope: JinjaScope) throws -> JinjaValue {
    guard case .filter(let input, let name, let call) = node.expression else { return text }
    let value = try input.map { try filtered(text, $0, scope) } ?? text
    return try placed(node) { try filter(name, value, arguments(call, scope)) }
  }

  func namespace(_ attributes: JinjaDictionary) -> JinjaValue {
    let namespace = JinjaNamespace(attributes)
    namespaces.append(namespace)
    return .namespace(namespace)
  }

  private func closure(_ macro: JinjaMacroStatement, _ scope: JinjaScope) -> JinjaValue {
    closures.append(scope)
    return .function(.macro(JinjaMacro(statement: macro, scope: scope)))
  }

  /// Errors of `body` without a place are at `node`.
  func placed<Result>(_ node: JinjaNode, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as TemplateFailure { throw failure.at(node.offset) }
  }

  private func execute(_ loop: JinjaLoopStatement, _ scope: JinjaScope, _ output: inout MarkedText) throws -> Flow {
    let sequence = try evaluate(loop.sequence, scope)
    var elements = try placed(loop.sequence) { try sequence.elements() }
    try budget.spend(elements.count)
    if let filter = loop.filter {
      elements = try elements.filter { element in
        let inner = JinjaScope(in: scope)
        try assign(element, to: loop.target, inner, loop.offset)
        return try evaluate(filter, inner).isTrue
      }
    }
    guard !elements.isEmpty else {
      return try within { try execute(loop.otherwise, JinjaScope(in: scope), &output) }
    }
    let state = JinjaLoop(elements)
    for (index, element) in elements.enumerated() {
      try budget.spend()
      state.index = index
      let inner = JinjaScope(["loop": .loop(state)], in: scope)
      try assign(element, to: loop.target, inner, loop.offset)
      if try within({ try execute(loop.body, inner, &output) }) == .stopped { break }
    }
    return .done
  }

  private func assign(_ value: JinjaValue, to target: JinjaTarget, _ scope: JinjaScope, _ offset: Int) throws {
    switch target {
    case .name(let name): scope.names[name] = value
    case .attribute(let owner, let name):
      guard case .namespace(let namespace) = scope.value(owner) else {
        throw TemplateFailure(
          .operation("\"\(owner).\(name)\" cannot be set, since \"\(owner)\" is no namespace"), at: offset)
      }
      try store(name, value, in: namespace, offset)
    case .tuple(let targets):
      let values: [JinjaValue]
      do { values = try value.elements() } catch let failure as TemplateFailure { throw failure.at(offset) }
      guard values.count == targets.count else {
        throw TemplateFailure(.operation("\(values.count) values for \(targets.count) names"), at: offset)
      }
      for (target, value) in zip(targets, values) { try assign(value, to: target, scope, offset) }
    }
  }

  private func store(_ name: String, _ value: JinjaValue, in namespace: JinjaNamespace, _ offset: Int) throws {
    guard !name.hasPrefix("_") else {
      throw TemplateFailure(
        .operation("an attribute of a namespace may not begin with \"_\", found \"\(name)\""), at: offset)
    }
    do { _ = try contained(value) } catch let failure as TemplateFailure { throw failure.at(offset) }
    namespace.attributes.set(name, value)
  }

  /// A value that is put into another.
  func contained(_ value: JinjaValue) throws -> JinjaValue {
    guard value.depth < JinjaValue.maximumDepth else {
      if case .loop = value { throw TemplateFailure(.unsupported("the loop inside a list or a namespace", read: [])) }
      throw TemplateFailure(.limit("values stand in each other more than \(JinjaValue.maximumDepth) deep"))
    }
    return value
  }
}
