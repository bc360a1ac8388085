/// Builds the tree of a template from its tokens. Statements are in an extension of their own.
struct JinjaParser {
  private let tokens: [JinjaToken]
  private(set) var place = 0
  private var nesting = 0
  /// Names that were read since the innermost macro began.
  var namesRead: Set<String> = []
  var loops = 0

  init(_ tokens: [JinjaToken]) { self.tokens = tokens }

  var current: JinjaToken { tokens[place] }
  var following: JinjaToken { tokens[min(place + 1, tokens.count - 1)] }

  /// The token before the one at `place`, or that one.
  func opening(_ place: Int) -> JinjaToken { tokens[max(place - 1, 0)] }

  mutating func advance() { if place < tokens.count - 1 { place += 1 } }

  func isAt(_ mark: String) -> Bool { current.kind == .mark(mark) }
  func isAt(name: String) -> Bool { current.kind == .name(name) }

  mutating func skip(_ mark: String) -> Bool {
    guard isAt(mark) else { return false }
    advance()
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard isAt(name: name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ mark: String) throws {
    guard skip(mark) else { throw expected("\"\(mark)\"") }
  }

  mutating func expect(name: String) throws {
    guard skip(name: name) else { throw expected("\"\(name)\"") }
  }

  mutating func name(_ what: String) throws -> String {
    guard case .name(let name) = current.kind else { throw expected(what) }
    advance()
    return name
  }

  func expected(_ what: String) -> TemplateFailure {
    TemplateFailure(.expected(what, found: current.words), at: current.offset)
  }

  /// Guards against text that nests without end.
  mutating func nested<Result>(_ body: (inout JinjaParser) throws -> Result) throws -> Result {
    guard nesting < 64 else {
      throw TemplateFailure(.limit("nested deeper than 64 levels"), at: current.offset)
    }
    nesting += 1
    defer { nesting -= 1 }
    return try body(&self)
  }

  func node(_ expression: JinjaExpression, _ offset: Int, _ children: [JinjaNode] = []) throws -> JinjaNode {
    let depth = 1 + (children.lazy.map(\.depth).max() ?? 0)
    guard depth <= JinjaNode.maximumDepth else {
      throw TemplateFailure(
        .limit("an expression of more than \(JinjaNode.maximumDepth) operations in each other"), at: offset)
    }
    return JinjaNode(expression: expression, offset: offset, depth: depth)
  }
}

/// Expressions, loosest first.
extension JinjaParser {
  /// - Parameter condition: whether `a if b else c` may stand here.
  mutating func expression(condition: Bool = true) throws -> JinjaNode {
    try nested { parser in
      var value = try parser.or()
      while condition, parser.isAt(name: "if") {
        let offset = parser.current.offset
        parser.advance()
        let test = try parser.or()
        let otherwise = try parser.skip(name: "else") ? parser.expression() : nil
        value = try parser.node(
          .conditional(test: test, then: value, otherwise: otherwise), offset,
          [test, value] + [otherwise].compactMap { $0 })
      }
      return value
    }
  }

  private mutating func or() throws -> JinjaNode {
    var left = try and()
    while isAt(name: "or") {
      let offset = current.offset
      advance()
      let right = try and()
      left = try node(.or(left, right), offset, [left, right])
    }
    return left
  }

  private mutating func and() throws -> JinjaNode {
    var left = try not()
    while isAt(name: "and") {
      let offset = current.offset
      advance()
      let right = try not()
      left = try node(.and(left, right), offset, [left, right])
    }
    return left
  }

  private mutating func not() throws -> JinjaNode {
    let offset = current.offset
    guard skip(name: "not") else { return try comparison() }
    let operand = try nested { try $0.not() }
    return try node(.not(operand), offset, [operand])
  }

  private mutating func comparison() throws -> JinjaNode {
    let first = try sum()
    var rest: [(JinjaComparison, JinjaNode)] = []
    let offset = current.offset
    while let comparison = comparisonMark() { rest.append((comparison, try sum())) }
    return rest.isEmpty ? first : try node(.comparison(first, rest), offset, [first] + rest.map(\.1))
  }

  private mutating func comparisonMark() -> JinjaComparison? {
    switch current.kind {
    case .mark(let mark):
      guard let comparison = JinjaComparison(rawValue: mark) else { return nil }
      advance()
      return comparison
    case .name("in"):
      advance()
      return .isIn
    case .name("not") where following.kind == .name("in"):
      advance()
      advance()
      return .isNotIn
    default: return nil
    }
  }

  private mutating func arithmetic(
    _ marks: [JinjaArithmetic], _ operand: (inout JinjaParser) throws -> JinjaNode
  ) throws -> JinjaNode {
    var left = try operand(&self)
    while case .mark(let mark) = current.kind, let operation = JinjaArithmetic(rawValue: mark),
      marks.contains(operation)
    {
      let offset = current.offset
      advance()
      let right = try operand(&self)
      left = try node(.arithmetic(left, operation, right), offset, [left, right])
    }
    return left
  }

  private mutating func sum() throws -> JinjaNode { try arithmetic([.add, .subtract]) { try $0.joined() } }

  private mutating func joined() throws -> JinjaNode {
    var parts = [try product()]
    let offset = current.offset
    while skip("~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try node(.joined(parts), offset, parts)
  }

  private mutating func product() throws -> JinjaNode {
    try arithmetic([.multiply, .divide, .floorDivide, .remainder]) { parser in
      try parser.arithmetic([.power]) { try $0.unary() }
    }
  }

  private mutating func unary(filtered: Bool = true) throws -> JinjaNode {
    let offset = current.offset
    var value: JinjaNode
    if isAt("-") || isAt("+") {
      let isNegative = isAt("-")
      advance()
      let operand = try nested { try $0.unary(filtered: false) }
      value = try node(.sign(operand, isNegative: isNegative), offset, [operand])
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return filtered ? try filters(value) : value
  }

  mutating func primary() throws -> JinjaNode {
    let token = current
    switch token.kind {
    case .name(let name):
      let words: Set = ["and", "or", "not", "if", "else", "in", "is"]
      guard !words.contains(name) else { throw expected("a value") }
      advance()
      switch name {
      case "true", "True": return try node(.bool(true), token.offset)
      case "false", "False": return try node(.bool(false), token.offset)
      case "none", "None": return try node(.none, token.offset)
      default:
        namesRead.insert(name)
        return try node(.name(name), token.offset)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text += more
        advance()
      }
      return try node(.text(MarkedText(text)), token.offset)
    case .integer(let value):
      advance()
      return try node(.integer(value), token.offset)
    case .float(let value):
      advance()
      return try node(.float(value), token.offset)
    case .mark("("):
      advance()
      let value = try tuple(mayBeEmpty: true)
      try expect(")")
      return value
    case .mark("["):
      advance()
      let elements = try elements(until: "]") { try $0.expression() }
      return try node(.list(elements), token.offset, elements)
    case .mark("{"):
      advance()
      let entries = try elements(until: "}") { parser in
        let key = try parser.expression()
        try parser.expect(":")
        return (key: key, value: try parser.expression())
      }
      let (keys, values) = (entries.map(\.key), entries.map(\.value))
      return try node(.dictionary(keys: keys, values: values), token.offset, keys + values)
    default: throw expected("a value")
    }
  }

  private mutating func elements<Element>(
    until end: String, _ element: (inout JinjaParser) throws -> Element
  ) throws -> [Element] {
    var elements: [Element] = []
    while !isAt(end) {
      if !elements.isEmpty {
        try expect(",")
        if isAt(end) { break }
      }
      elements.append(try element(&self))
    }
    advance()
    return elements
  }

  /// One expression, or a tuple where a comma follows.
  mutating func tuple(mayBeEmpty: Bool = false, condition: Bool = true) throws -> JinjaNode {
    let offset = current.offset
    var elements: [JinjaNode] = []
    var isTuple = false
    while !isTupleEnd {
      elements.append(try expression(condition: condition))
      guard skip(",") else { break }
      isTuple = true
    }
    if !isTuple, let only = elements.first { return only }
    guard isTuple || mayBeEmpty else { throw expected("a value") }
    return try node(.tuple(elements), offset, elements)
  }

  private var isTupleEnd: Bool {
    switch current.kind {
    case .variableEnd, .blockEnd, .mark(")"), .end: true
    default: false
    }
  }

  mutating func postfix(_ start: JinjaNode) throws -> JinjaNode {
    var value = start
    while true {
      let offset = current.offset
      if skip(".") {
        value = try member(of: value, offset)
      } else if skip("[") {
        value = try subscripted(value, offset)
      } else if isAt("(") {
        let call = try arguments()
        value = try node(.call(value, call), value.offset, [value] + call.nodes)
      } else {
        return value
      }
    }
  }

  private mutating func member(of value: JinjaNode, _ offset: Int) throws -> JinjaNode {
    if case .integer(let index) = current.kind {
      advance()
      let index = try node(.integer(index), offset)
      return try node(.item(value, index), offset, [value])
    }
    return try node(.member(value, name("a name or a number after the dot")), offset, [value])
  }

  private mutating func subscripted(_ value: JinjaNode, _ offset: Int) throws -> JinjaNode {
    func bound(_ parser: inout JinjaParser) throws -> JinjaNode? {
      parser.isAt(":") || parser.isAt("]") ? nil : try parser.expression()
    }
    let start = try bound(&self)
    if skip(":") {
      let stop = try bound(&self)
      let step = try skip(":") ? bound(&self) : nil
      try expect("]")
      return try node(
        .slice(value, start: start, stop: stop, step: step), offset, [value] + [start, stop, step].compactMap { $0 })
    }
    guard var index = start else { throw expected("an index") }
    if isAt(",") {
      var elements = [index]
      while skip(",") { elements.append(try expression()) }
      index = try node(.tuple(elements), offset, elements)
    }
    try expect("]")
    return try node(.item(value, index), offset, [value, index])
  }

  /// Filters, tests and calls of what they give.
  private mutating func filters(_ start: JinjaNode) throws -> JinjaNode {
    var value = start
    while true {
      let offset = current.offset
      if skip("|") {
        value = try filter(of: value, offset)
      } else if skip(name: "is") {
        value = try test(of: value, offset)
      } else if isAt("(") {
        let call = try arguments()
        value = try node(.call(value, call), value.offset, [value] + call.nodes)
      } else {
        return value
      }
    }
  }

  mutating func filter(of value: JinjaNode?, _ offset: Int) throws -> JinjaNode {
    // A filter that is not known is an error where it is reached: templates ask for some in branches that are not taken.
    let filter = try name("the name of a filter")
    let call = try isAt("(") ? arguments() : JinjaCall()
    return try node(.filter(value, filter, call), offset, [value].compactMap { $0 } + call.nodes)
  }

  private mutating func test(of value: JinjaNode, _ offset: Int) throws -> JinjaNode {
    let isNegated = skip(name: "not")
    let test = try name("the name of a test")
    var call = JinjaCall()
    switch current.kind {
    case .mark("("): call = try arguments()
    case .name("is"): throw expected("one test at a time")
    case .name("else"), .name("or"), .name("and"): break
    case .name, .string, .integer, .float, .mark("["), .mark("{"):
      if !startsStatementPart { call.positional = [try postfix(primary())] }
    default: break
    }
    let result = try node(.test(value, test, call), offset, [value] + call.nodes)
    return isNegated ? try node(.not(result), offset, [result]) : result
  }

  /// A word that cannot be a test's argument, since it goes on with the expression around.
  private var startsStatementPart: Bool { ["if", "in", "not"].contains { isAt(name: $0) } }

  mutating func arguments() throws -> JinjaCall {
    let offset = current.offset
    try expect("(")
    var call = JinjaCall()
    func ensure(_ isRight: Bool, _ parser: JinjaParser) throws {
      guard isRight else {
        throw TemplateFailure(
          .expected("positional arguments, then named ones, then **", found: "another order"), at: offset)
      }
    }
    while !isAt(")") {
      if !call.nodes.isEmpty {
        try expect(",")
        if isAt(")") { break }
      }
      if skip("*") {
        try ensure(call.spread == nil && call.spreadNamed == nil, self)
        call.spread = try expression()
      } else if skip("**") {
        try ensure(call.spreadNamed == nil, self)
        call.spreadNamed = try expression()
      } else if case .name(let name) = current.kind, following.kind == .mark("=") {
        try ensure(call.spreadNamed == nil, self)
        advance()
        advance()
        call.named.append((name, try expression()))
      } else {
        try ensure(call.spread == nil && call.spreadNamed == nil && call.named.isEmpty, self)
        call.positional.append(try expression())
      }
    }
    advance()
    return call
  }
}
