/// An expression and where it stands.
struct JinjaNode: Sendable {
  let expression: JinjaExpression
  /// In scalars from the start of the template.
  let offset: Int
  /// How many expressions stand in each other here, this one included.
  let depth: Int

  /// Deeper expressions are refused, so that going through one cannot exhaust the stack.
  static let maximumDepth = 200
}

indirect enum JinjaExpression: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(MarkedText)
  case name(String)
  case list([JinjaNode])
  case tuple([JinjaNode])
  case dictionary(keys: [JinjaNode], values: [JinjaNode])
  case member(JinjaNode, String)
  case item(JinjaNode, JinjaNode)
  case slice(JinjaNode, start: JinjaNode?, stop: JinjaNode?, step: JinjaNode?)
  case call(JinjaNode, JinjaCall)
  /// Without an input, it filters what its block renders.
  case filter(JinjaNode?, String, JinjaCall)
  case test(JinjaNode, String, JinjaCall)
  case not(JinjaNode)
  case sign(JinjaNode, isNegative: Bool)
  case arithmetic(JinjaNode, JinjaArithmetic, JinjaNode)
  case and(JinjaNode, JinjaNode)
  case or(JinjaNode, JinjaNode)
  case comparison(JinjaNode, [(JinjaComparison, JinjaNode)])
  /// `~`
  case joined([JinjaNode])
  case conditional(test: JinjaNode, then: JinjaNode, otherwise: JinjaNode?)
}

enum JinjaArithmetic: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

enum JinjaComparison: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}

/// The arguments of a call as written.
struct JinjaCall: Sendable {
  var positional: [JinjaNode] = []
  var named: [(name: String, value: JinjaNode)] = []
  /// `*values` and `**values`.
  var spread: JinjaNode?
  var spreadNamed: JinjaNode?

  var nodes: [JinjaNode] { positional + named.map(\.value) + [spread, spreadNamed].compactMap { $0 } }
}

indirect enum JinjaTarget: Sendable {
  case name(String)
  case attribute(of: String, String)
  case tuple([JinjaTarget])
}

indirect enum JinjaStatement: Sendable {
  case text(MarkedText)
  case output(JinjaNode)
  case condition([(test: JinjaNode?, body: [JinjaStatement])])
  case loop(JinjaLoopStatement)
  case set(JinjaTarget, JinjaNode)
  case setBlock(JinjaTarget, filter: JinjaNode?, body: [JinjaStatement])
  case macro(JinjaMacroStatement)
  case callBlock(JinjaNode, JinjaMacroStatement)
  case filterBlock(JinjaNode, body: [JinjaStatement])
  case with([(JinjaTarget, JinjaNode)], body: [JinjaStatement])
  /// What transformers marks as the assistant's; it renders as its body.
  case generation([JinjaStatement])
  case `break`
  case `continue`
}

struct JinjaLoopStatement: Sendable {
  let target: JinjaTarget
  let sequence: JinjaNode
  let filter: JinjaNode?
  let body: [JinjaStatement]
  let otherwise: [JinjaStatement]
  let offset: Int
}

struct JinjaMacroStatement: Sendable {
  let name: String
  let parameters: [(name: String, fallback: JinjaNode?)]
  let body: [JinjaStatement]
  /// Whether the body asks for what the parameters do not take, and for the caller.
  let takesRest: Bool
  let takesNamedRest: Bool
  let takesCaller: Bool
  let offset: Int
}
