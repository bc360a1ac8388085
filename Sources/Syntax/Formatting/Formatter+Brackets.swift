extension Formatter {
  /// `(a, b, c)` and `[a, b, c]`: on one line if that fits and the text does not break right after the bracket, else
  /// one item a line with a last comma.
  ///
  /// `sole` is the only item where that is a list or record: its brackets and those around it open together,
  /// `table((⏎…⏎))`.
  mutating func bracketed<Item>(_ items: [Item], sole: Expression? = nil, _ layout: (inout Formatter, Item) -> Layout)
    -> Layout
  {
    guard let end = partners[cursor] else { return take() }
    let broken = tokens[cursor + 1].newlineBefore && !items.isEmpty || hasComments(from: cursor, to: end)
    let open = take()
    if items.isEmpty {
      let comments = ownLineComments(after: true)
      if comments.isEmpty { return .sequence([open, take()]) }
      return .group(.sequence([open, .indent(.sequence(comments)), .newline, take()]), broken: true)
    }
    if let sole, !broken {
      return .sequence([open, self.layout(sole), at(.comma) ? skip() : .sequence([]), take()])
    }
    var inner: [Layout] = []
    for (position, item) in items.enumerated() {
      inner += itemStart(isFirst: position == 0, broken: broken)
      inner.append(layout(&self, item))
      guard at(.comma) else { continue }
      inner.append(position == items.count - 1 ? skip() : take())
    }
    inner.append(.ifBroken(","))
    inner += ownLineComments(after: true)
    return .group(.sequence([open, .indent(.sequence(inner)), .soft, take()]), broken: broken)
  }

  /// The line break or space before an item, with the comments and the empty line above it.
  private mutating func itemStart(isFirst: Bool, broken: Bool) -> [Layout] {
    let comments = ownLineComments(after: true)
    var parts: [Layout] = comments
    if broken, !isFirst, hasEmptyLine(before: token.span.lower) { parts.append(.newline) }
    return parts + [isFirst ? .soft : .space]
  }

  mutating func layout(_ argument: Argument) -> Layout {
    guard argument.name != nil else { return layout(argument.value) }
    return .sequence(take(2) + [.text(" "), layout(argument.value)])
  }

  // MARK: Blocks

  /// The block was written over several lines, or has to be.
  private func isOpen(_ statements: [Statement], from open: Int) -> Bool {
    guard let end = partners[open] else { return true }
    return statements.count > 1 || tokens[open + 1].newlineBefore && !statements.isEmpty
      || hasComments(from: open, to: end)
  }

  mutating func layout(_ block: Block) -> Layout {
    let broken = isOpen(block.statements, from: cursor)
    let inner = braces(opened: take(), [], block.statements, broken: broken)
    return .group(inner, broken: broken || inner.isMultiline)
  }

  /// `{ … }` with the parameters that stand behind the brace. Belongs to the group around it.
  private mutating func braces(
    opened open: Layout, _ head: [Layout], _ statements: [Statement], broken: Bool
  ) -> Layout {
    let head = head + semicolons()
    let body = self.statements(statements, firstInBlock: true)
    let comments = ownLineComments(after: !statements.isEmpty)
    if statements.isEmpty, comments.isEmpty { return .sequence([open] + head + [take()]) }
    let gap: Layout = broken || body.contains(where: \.isMultiline) ? .newline : .space
    return .sequence([open] + head + [.indent(.sequence([gap] + body + comments)), gap, take()])
  }

  /// The block behind a call: `{ c -> … }`.
  mutating func trailingBlock(_ expression: Expression) -> Layout {
    guard case .function(let function) = expression.kind, case .block(let block) = function.body else { return take() }
    let start = cursor
    let open = take()
    var head: [Layout] = []
    if !function.parameters.isEmpty { head = [.text(" ")] + functionHead(function, keyword: false) }
    head = head.isEmpty ? [] : Array(head.dropLast())
    let first = cursor
    let broken =
      block.statements.count > 1 || !block.statements.isEmpty && tokens[first].newlineBefore
      || hasComments(from: start, to: partners[start] ?? start)
    let inner = braces(opened: open, head, block.statements, broken: broken)
    return .group(inner, broken: broken || inner.isMultiline)
  }

  /// `fn a, b -> ` or `a, b -> `, with the space behind it as the last part.
  mutating func functionHead(_ function: Function, keyword: Bool) -> [Layout] {
    var parts: [Layout] = keyword ? [take(), .text(" ")] : []
    for (position, parameter) in function.parameters.enumerated() {
      parts.append(layout(parameter))
      if position < function.parameters.count - 1 { parts.append(take()) }
      parts.append(.text(" "))
    }
    return parts + [take(), .text(" ")]
  }

  mutating func layout(_ body: Function.Body) -> Layout {
    switch body {
    case .expression(let value): layout(value)
    case .block(let block): layout(block)
    }
  }

  // MARK: Conditionals

  /// All blocks of an `if` with its `else`s open together.
  mutating func conditional(_ expression: Expression, broken: Bool) -> Layout {
    guard case .conditional(let condition, let then, let otherwise) = expression.kind else { return layout(expression) }
    var parts = [take(), .text(" "), layout(condition), .text(" ")]
    parts.append(braces(opened: take(), [], then.statements, broken: broken))
    guard let otherwise else { return .sequence(parts) }
    parts += [.text(" "), take(), .text(" ")]
    if case .block(let block) = otherwise.kind {
      parts.append(braces(opened: take(), [], block.statements, broken: broken))
    } else {
      parts.append(conditional(otherwise, broken: broken))
    }
    return .sequence(parts)
  }

  /// Any block of the chain is open. The chain's first token is next.
  func hasOpenBlock(_ expression: Expression) -> Bool {
    var next: Expression? = expression
    while let current = next {
      switch current.kind {
      case .conditional(_, let then, let otherwise):
        if isOpen(then.statements, from: index(of: then)) { return true }
        next = otherwise
      case .block(let block): return isOpen(block.statements, from: index(of: block))
      default: return false
      }
    }
    return false
  }

  /// The token that opens a block.
  private func index(of block: Block) -> Int {
    var low = cursor
    var high = tokens.count - 1
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].span.lower < block.span.lower { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension [Argument] {
  /// The only argument, without a name.
  var sole: Expression? { count == 1 && self[0].name == nil ? self[0].value : nil }
}

extension Expression {
  /// Written between brackets of its own.
  var isListOrRecord: Bool {
    switch kind {
    case .list, .record: true
    default: false
    }
  }
}
