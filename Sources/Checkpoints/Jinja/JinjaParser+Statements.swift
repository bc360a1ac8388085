extension JinjaParser {
  /// Statements that are part of Jinja and of no chat template.
  private static let refused = [
    "autoescape", "block", "do", "extends", "from", "import", "include", "pluralize", "trans",
  ]
  private static let statements = [
    "break", "call", "continue", "filter", "for", "generation", "if", "macro", "print", "raw", "set", "with",
  ]

  mutating func template() throws -> [JinjaStatement] { try body(until: []) }

  /// What stands before a tag that begins with one of `ends`; that word is the current token then.
  private mutating func body(until ends: [String]) throws -> [JinjaStatement] {
    let begin = place
    var statements: [JinjaStatement] = []
    while true {
      let token = current
      switch token.kind {
      case .data(let text):
        advance()
        statements.append(.text(MarkedText(text)))
      case .variableBegin:
        advance()
        statements.append(.output(try tuple()))
        try expectEnd(.variableEnd, "an operator or \"}}\"")
      case .blockBegin:
        advance()
        if case .name(let word) = current.kind, ends.contains(word) { return statements }
        statements += try nested { try $0.statement(within: ends) }
      case .end:
        guard ends.isEmpty else {
          throw TemplateFailure(
            .expected(ends.map { "{% \($0) %}" }.joined(separator: " or "), found: token.words),
            at: opening(begin).offset)
        }
        return statements
      default: throw expected("text or a tag")
      }
    }
  }

  private mutating func expectEnd(_ end: JinjaToken.Kind, _ words: String) throws {
    guard current.kind == end else { throw expected(words) }
    advance()
  }

  private mutating func endBlock() throws { try expectEnd(.blockEnd, "\"%}\"") }

  private mutating func statement(within ends: [String]) throws -> [JinjaStatement] {
    let offset = current.offset
    let word = try name("a statement")
    var result: [JinjaStatement]
    switch word {
    case "if": result = [try condition()]
    case "for": result = [try loop(offset)]
    case "set": result = [try assignment()]
    case "macro": result = [.macro(try macro(offset))]
    case "call": result = [try callBlock(offset)]
    case "with": result = [try with()]
    case "filter":
      let filter = try filters(offset)
      result = [.filterBlock(filter, body: try block(until: "endfilter"))]
    case "generation": result = [.generation(try block(until: "endgeneration"))]
    case "print":
      result = []
      while current.kind != .blockEnd {
        if !result.isEmpty { try expect(",") }
        result.append(.output(try expression()))
      }
    case "break", "continue":
      guard loops > 0 else { throw TemplateFailure(.expected("a loop around \"\(word)\"", found: "none"), at: offset) }
      result = [word == "break" ? .break : .continue]
    default:
      if Self.refused.contains(word) {
        throw TemplateFailure(.unsupported("the statement \"\(word)\"", read: Self.statements), at: offset)
      }
      let expected = ends.isEmpty ? Self.statements : ends.map { "\"\($0)\"" } + ["a statement"]
      throw TemplateFailure(.expected(expected.joined(separator: ", "), found: "\"\(word)\""), at: offset)
    }
    try endBlock()
    return result
  }

  /// The body of the statement whose head was read, up to its end tag.
  private mutating func block(until end: String) throws -> [JinjaStatement] {
    try endBlock()
    let body = try body(until: [end])
    advance()
    return body
  }

  private mutating func condition() throws -> JinjaStatement {
    var branches: [(test: JinjaNode?, body: [JinjaStatement])] = []
    while true {
      let test = try tuple(condition: false)
      try endBlock()
      branches.append((test, try body(until: ["elif", "else", "endif"])))
      let word = try name("endif")
      if word == "elif" { continue }
      if word == "else" {
        try endBlock()
        branches.append((nil, try body(until: ["endif"])))
        advance()
      }
      return .condition(branches)
    }
  }

  private mutating func loop(_ offset: Int) throws -> JinjaStatement {
    let target = try target()
    try expect(name: "in")
    let sequence = try tuple(condition: false)
    let filter = try skip(name: "if") ? expression() : nil
    guard !isAt(name: "recursive") else {
      throw TemplateFailure(.unsupported("a recursive loop", read: []), at: current.offset)
    }
    try endBlock()
    loops += 1
    let body = try body(until: ["endfor", "else"])
    loops -= 1
    var otherwise: [JinjaStatement] = []
    if try name("endfor") == "else" {
      try endBlock()
      otherwise = try self.body(until: ["endfor"])
      advance()
    }
    return .loop(
      JinjaLoopStatement(
        target: target, sequence: sequence, filter: filter, body: body, otherwise: otherwise, offset: offset))
  }

  /// Names that something is assigned to.
  private mutating func target(attributes: Bool = false) throws -> JinjaTarget {
    var targets: [JinjaTarget] = []
    var isTuple = false
    repeat {
      if isAt("(") {
        advance()
        targets.append(try nested { try $0.target() })
        try expect(")")
      } else {
        guard case .name = current.kind, !isAt(name: "in") else { break }
        let name = try name("a name")
        let isAttribute = attributes && isAt(".")
        if isAttribute { advance() }
        targets.append(isAttribute ? .attribute(of: name, try self.name("an attribute")) : .name(name))
      }
      if isAt(",") { isTuple = true }
    } while skip(",")
    guard let first = targets.first else { throw expected("a name to assign to") }
    return isTuple ? .tuple(targets) : first
  }

  private mutating func assignment() throws -> JinjaStatement {
    let offset = current.offset
    let target = try target(attributes: true)
    if skip("=") { return .set(target, try tuple()) }
    let filter = isAt("|") ? try filters(offset) : nil
    return .setBlock(target, filter: filter, body: try block(until: "endset"))
  }

  /// `| a | b`, or `a | b` at the start of a filter block.
  private mutating func filters(_ offset: Int) throws -> JinjaNode {
    _ = skip("|")
    var result = try filter(of: nil, offset)
    while skip("|") { result = try filter(of: result, offset) }
    return result
  }

  private mutating func macro(_ offset: Int) throws -> JinjaMacroStatement {
    let name = try name("the name of a macro")
    return try macro(named: name, parameters: parameters(), until: "endmacro", offset)
  }

  private mutating func macro(
    named name: String, parameters: [(name: String, fallback: JinjaNode?)], until end: String, _ offset: Int
  ) throws -> JinjaMacroStatement {
    let (before, loopsBefore) = (namesRead, loops)
    (namesRead, loops) = ([], 0)
    let body = try block(until: end)
    defer { (namesRead, loops) = (before.union(namesRead), loopsBefore) }
    return JinjaMacroStatement(
      name: name, parameters: parameters, body: body, takesRest: namesRead.contains("varargs"),
      takesNamedRest: namesRead.contains("kwargs"), takesCaller: namesRead.contains("caller"), offset: offset)
  }

  private mutating func parameters() throws -> [(name: String, fallback: JinjaNode?)] {
    try expect("(")
    var parameters: [(name: String, fallback: JinjaNode?)] = []
    while !isAt(")") {
      if !parameters.isEmpty { try expect(",") }
      let name = try name("a parameter")
      let fallback = try skip("=") ? expression() : nil
      guard fallback != nil || parameters.last?.fallback == nil else {
        throw TemplateFailure(
          .expected("a default for \"\(name)\", since the parameter before has one", found: "none"), at: current.offset)
      }
      parameters.append((name, fallback))
    }
    advance()
    return parameters
  }

  private mutating func callBlock(_ offset: Int) throws -> JinjaStatement {
    let parameters = isAt("(") ? try parameters() : []
    let call = try expression()
    guard case .call = call.expression else { throw expected("a call of a macro") }
    return .callBlock(call, try macro(named: "caller", parameters: parameters, until: "endcall", offset))
  }

  private mutating func with() throws -> JinjaStatement {
    var values: [(JinjaTarget, JinjaNode)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(",") }
      let target = try JinjaTarget.name(name("a name to assign to"))
      try expect("=")
      values.append((target, try expression()))
    }
    return .with(values, body: try block(until: "endwith"))
  }
}
