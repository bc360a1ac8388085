// The tree the parser makes and everything else reads: formatter, checker, compiler.

/// A name where it is written.
public struct Identifier: Hashable, Sendable {
  public let text: String
  public let span: Span

  public init(_ text: String, _ span: Span) {
    self.text = text
    self.span = span
  }
}

public struct Expression: Sendable {
  public let kind: Kind
  public let span: Span

  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  public indirect enum Kind: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case float(Double)
    /// `"a {name}"` or `'raw'`, already unescaped.
    case string([StringPart], raw: Bool)
    case name(String)
    /// `[1, 2, 3]`
    case list([Expression])
    /// `(lr: 1e-3, steps: 400)`
    case record([RecordField])
    /// `.layers[1..4].output`: a path that starts with a dot.
    case path([PathSegment])
    /// `-a`, `not a`
    case unary(UnaryOperator, Expression)
    /// Arithmetic, comparison, `and`, `or`, `on`, `=>`, `with`. Pipes are separate.
    case binary(BinaryOperator, Identifier, Expression, Expression)
    /// `a..b`, `a..<b`, `a..b by c`
    case range(lower: Expression, upper: Expression, inclusive: Bool, step: Expression?)
    /// `x |> f(a)`
    case pipe(Expression, Expression)
    /// `base.name`
    case member(Expression, Identifier)
    /// `base[...]`; `[*]` is an argument whose value is `.all`
    case index(Expression, [Argument])
    /// `callee(...)`; a trailing `{ c -> … }` is the last argument
    case call(Expression, [Argument], trailing: Bool)
    /// `*` as an index
    case all
    /// `fn a, b -> expr`, or the block of a call
    case function(Function)
    case block(Block)
    case conditional(Expression, then: Block, otherwise: Expression?)
    /// What stands where the parser recovered; a diagnostic says why.
    case invalid
  }
}

public enum StringPart: Sendable {
  case text(String)
  case expression(Expression)
}

public struct RecordField: Sendable {
  public let name: Identifier
  public let value: Expression

  public init(name: Identifier, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// An argument of a call or an index: `value`, `name: value`.
public struct Argument: Sendable {
  public let name: Identifier?
  public let value: Expression

  public init(name: Identifier?, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// One step of a path: `.layers`, with an index `[1..4]` or a call `(4)` where there is one.
public struct PathSegment: Sendable {
  public let name: Identifier
  public let suffix: Suffix?

  public init(name: Identifier, suffix: Suffix?) {
    self.name = name
    self.suffix = suffix
  }

  public enum Suffix: Sendable {
    case index([Argument], Span)
    case call([Argument], Span)
  }
}

public enum UnaryOperator: String, Sendable { case negate = "-", not = "not" }

public enum BinaryOperator: String, Sendable, CaseIterable {
  case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%", integerDivide = "div"
  case contract = "@", power = "**"
  case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
  case and, or
  /// `site on tokens`
  case on
  /// `… => operator`
  case yields = "=>"
  /// `model with intervention`
  case with
}

/// A parameter of a function, an operator or a block.
public struct Parameter: Sendable {
  public let name: Identifier
  /// `over: axis`: what the declaration says of its type; documentation, except that `axis` and `column` take a
  /// bare name as the name itself.
  public let annotation: Identifier?
  public let initial: Expression?

  public init(name: Identifier, annotation: Identifier?, initial: Expression?) {
    self.name = name
    self.annotation = annotation
    self.initial = initial
  }
}

public struct Function: Sendable {
  public let parameters: [Parameter]
  public let body: Body

  public init(parameters: [Parameter], body: Body) {
    self.parameters = parameters
    self.body = body
  }

  public enum Body: Sendable {
    case expression(Expression)
    case block(Block)
  }
}

public struct Block: Sendable {
  public let statements: [Statement]
  public let span: Span

  public init(_ statements: [Statement], _ span: Span) {
    self.statements = statements
    self.span = span
  }
}

public struct Statement: Sendable {
  public let kind: Kind
  public let span: Span
  /// The `##` lines above it, without the marks.
  public let documentation: String?

  public init(_ kind: Kind, _ span: Span, documentation: String? = nil) {
    self.kind = kind
    self.span = span
    self.documentation = documentation
  }

  public enum Kind: Sendable {
    case expression(Expression)
    /// `let pattern = value`
    case constant(Pattern, Expression)
    /// `var name = value`
    case variable(Identifier, Expression)
    /// `name := value`
    case assignment(Identifier, Expression)
    case function(FunctionDeclaration)
    case operation(OperatorDeclaration)
    /// `use "file.steer"`
    case use(Expression)
    /// `input lr = 2e-4 "learning rate"`
    case input(Identifier, Expression, help: String?)
    case seed(Expression)
    /// `expect condition`, with an optional message
    case expect(Expression, message: Expression?)
    case loop(Pattern, in: Expression, Block)
    case `while`(Expression, Block)
    case `return`(Expression?)
    case `break`
    case `continue`
    case invalid
  }
}

/// The left side of `let` and of `for`.
public indirect enum Pattern: Sendable {
  case name(Identifier)
  /// `[a, b]`
  case list([Pattern], Span)
  /// `(a, b)` takes fields or positions; `(loss: l)` renames
  case record([(field: Identifier?, pattern: Pattern)], Span)
}

/// `fn name(a, b = 2) = expr`, `fn name(a) { … }`, or without a body a native function's declaration
/// `fn name(a: tensor, over: axis = nil) -> tensor`.
public struct FunctionDeclaration: Sendable {
  public let name: Identifier
  public let parameters: [Parameter]
  /// After `->`; only in declarations without a body.
  public let result: Identifier?
  public let body: Function.Body?

  public init(name: Identifier, parameters: [Parameter], result: Identifier?, body: Function.Body?) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.body = body
  }
}

/// `operator mores(rank = 1) { param …; h -> expr }`, or without a body a native operator.
public struct OperatorDeclaration: Sendable {
  public let name: Identifier
  public let parameters: [Parameter]
  public let body: OperatorBody?

  public init(name: Identifier, parameters: [Parameter], body: OperatorBody?) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }
}

public struct OperatorBody: Sendable {
  /// `let` statements and `param` declarations, in order.
  public let members: [Member]
  /// `h -> expr`
  public let apply: Function
  public let span: Span

  public init(members: [Member], apply: Function, span: Span) {
    self.members = members
    self.apply = apply
    self.span = span
  }

  public enum Member: Sendable {
    case statement(Statement)
    case parameter(TrainableParameter)
  }
}

/// `param R[rank, model] = orthogonal()`; an axis is `name` or `name: size`.
public struct TrainableParameter: Sendable {
  public let name: Identifier
  public let axes: [Argument]
  public let initial: Expression
  public let documentation: String?
  public let span: Span

  public init(name: Identifier, axes: [Argument], initial: Expression, documentation: String?, span: Span) {
    self.name = name
    self.axes = axes
    self.initial = initial
    self.documentation = documentation
    self.span = span
  }
}
