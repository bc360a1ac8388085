extension Formatter {
  mutating func layout(_ expression: Expression) -> Layout {
    let groupings = groupings(expression)
    if groupings == 0 { return bare(expression) }
    let open = take(groupings)
    let inner = bare(expression)
    return .sequence(open + [inner] + take(groupings))
  }

  /// How many pairs of parentheses stand around an expression whose first token is next.
  private func groupings(_ expression: Expression) -> Int {
    var count = 0
    var last: Int?
    while true {
      let index = cursor + count
      guard tokens[index].kind == .leftParenthesis, let partner = partners[index] else { break }
      if let last {
        guard partner == last - 1 else { break }
      } else {
        guard tokens[index].span.lower == expression.span.lower, tokens[partner].span.upper == expression.span.upper
        else { break }
      }
      last = partner
      count += 1
    }
    // A record's own parentheses are the innermost.
    if case .record = expression.kind { return max(0, count - 1) }
    return count
  }

  /// The expression without parentheses around it.
  private mutating func bare(_ expression: Expression) -> Layout {
    switch expression.kind {
    case .null, .bool, .float, .string, .name, .all, .invalid: return take()
    case .integer:
      // The smallest integer is a sign and digits.
      return at(.minus) ? .sequence(take(2)) : take()
    case .list(let items):
      let sole = items.count == 1 && items[0].isListOrRecord ? items[0] : nil
      return bracketed(items, sole: sole) { formatter, item in formatter.layout(item) }
    case .record(let fields):
      return bracketed(fields) { formatter, field in
        .sequence(formatter.take(2) + [.text(" "), formatter.layout(field.value)])
      }
    case .path(let segments): return layout(segments)
    case .unary(let sign, let operand):
      return .sequence([take(), .text(sign == .not ? " " : ""), layout(operand)])
    case .binary(let sign, _, _, _): return chain(expression) { $0.binaryParts(sign.precedence) }
    case .pipe: return chain(expression, \.pipeParts)
    case .range(let lower, let upper, _, let step): return range(lower, upper, step)
    case .member, .index, .call: return postfix(expression)
    case .function(let function): return .sequence(functionHead(function, keyword: true) + [layout(function.body)])
    case .block(let block): return layout(block)
    case .conditional:
      let inner = conditional(expression, broken: hasOpenBlock(expression))
      return .group(inner, broken: inner.isMultiline)
    }
  }

  /// `a + b - c`: operators of one precedence break together, each before its operator.
  private mutating func chain(
    _ expression: Expression, _ parts: (Expression) -> (left: Expression, right: Expression)?
  ) -> Layout {
    var operands: [Expression] = []
    var left = expression
    while let (inner, right) = parts(left) {
      operands.append(right)
      left = inner
      if isGrouped(left) { break }
    }
    operands.reverse()
    let first = layout(left)
    var rest: [Layout] = []
    var broken = false
    for operand in operands {
      if token.newlineBefore || tokens[cursor + 1].newlineBefore { broken = true }
      let comments = ownLineComments(after: true)
      rest += comments + [comments.isEmpty ? .space : .newline, take(), .text(" "), layout(operand)]
    }
    return .group(.sequence([first, .indent(.sequence(rest))]), broken: broken)
  }

  /// The expression is written between parentheses of its own.
  private func isGrouped(_ expression: Expression) -> Bool {
    if case .record = expression.kind { return false }
    var low = cursor
    var high = tokens.count - 1
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].span.lower < expression.span.lower { low = middle + 1 } else { high = middle }
    }
    guard tokens[low].kind == .leftParenthesis, let partner = partners[low] else { return false }
    return tokens[low].span.lower == expression.span.lower && tokens[partner].span.upper == expression.span.upper
  }

  /// Tight around plain operands, `1..4`; spaced around operators, `i + 1 .. n`.
  private mutating func range(_ lower: Expression, _ upper: Expression, _ step: Expression?) -> Layout {
    let first = layout(lower)
    let sign = take()
    let isTight = lower.isPlainBound && upper.isPlainBound && !at(.dot)
    let gap = Layout.text(isTight ? "" : " ")
    var parts = [first, gap, sign, gap, layout(upper)]
    if let step { parts += [.text(" "), take(), .text(" "), layout(step)] }
    return .sequence(parts)
  }

  /// A base with its members, indices and calls. A dot that began a line begins a line.
  private mutating func postfix(_ expression: Expression) -> Layout {
    var steps: [Expression] = []
    var base = expression
    while let inner = base.postfixBase {
      steps.append(base)
      base = inner
      if isGrouped(base) { break }
    }
    var parts = [layout(base)]
    var isBroken = false
    for step in steps.reversed() {
      switch step.kind {
      case .member:
        let dot = dotted(&isBroken)
        parts += dot + [take()]
      case .index(_, let arguments): parts.append(indexArguments(arguments))
      case .call(_, let arguments, let trailing):
        let inside = trailing ? Array(arguments.dropLast()) : arguments
        parts.append(callArguments(inside))
        if trailing, let block = arguments.last?.value { parts += [.text(" "), trailingBlock(block)] }
      default: break
      }
    }
    guard isBroken else { return .sequence(parts) }
    return .group(.sequence([parts[0], .indent(.sequence(Array(parts.dropFirst())))]), broken: true)
  }

  private mutating func callArguments(_ arguments: [Argument]) -> Layout {
    let sole = arguments.sole.flatMap { $0.isListOrRecord ? $0 : nil }
    return bracketed(arguments, sole: sole) { $0.layout($1) }
  }

  /// A single entry stays by its brackets.
  private mutating func indexArguments(_ arguments: [Argument]) -> Layout {
    bracketed(arguments, sole: arguments.sole) { $0.layout($1) }
  }

  private mutating func dotted(_ isBroken: inout Bool) -> [Layout] {
    guard token.newlineBefore else { return [take()] }
    isBroken = true
    return ownLineComments(after: true) + [.newline, take()]
  }

  private mutating func layout(_ segments: [PathSegment]) -> Layout {
    var parts: [Layout] = []
    var isBroken = false
    for (position, segment) in segments.enumerated() {
      parts += position == 0 ? [take()] : dotted(&isBroken)
      parts.append(take())
      switch segment.suffix {
      case nil: break
      case .index(let arguments, _): parts.append(indexArguments(arguments))
      case .call(let arguments, _): parts.append(callArguments(arguments))
      }
    }
    guard isBroken else { return .sequence(parts) }
    return .group(.sequence([parts[0], .indent(.sequence(Array(parts.dropFirst())))]), broken: true)
  }
}

extension Expression {
  fileprivate func binaryParts(_ precedence: Precedence) -> (left: Expression, right: Expression)? {
    // A power groups to the right and is never a longer chain.
    if case .binary(let sign, _, let left, let right) = kind, sign.precedence == precedence { return (left, right) }
    return nil
  }

  fileprivate var pipeParts: (left: Expression, right: Expression)? {
    if case .pipe(let left, let right) = kind { return (left, right) }
    return nil
  }

  fileprivate var postfixBase: Expression? {
    switch kind {
    case .member(let base, _), .index(let base, _), .call(let base, _, _): base
    default: nil
    }
  }

  /// A range's bound that needs no space around the dots.
  fileprivate var isPlainBound: Bool {
    switch kind {
    case .integer, .float, .name, .member, .index, .call, .string: true
    case .unary(.negate, let operand): operand.isPlainBound
    default: false
    }
  }
}
