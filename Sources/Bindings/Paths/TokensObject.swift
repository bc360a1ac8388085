import Interpreter
import Interventions
import Syntax

/// A selector of tokens as a value: what sums and differences of paths evaluate to.
final class TokensObject: HostObject {
  let selector: TokenSelector

  init(_ selector: TokenSelector) { self.selector = selector }

  override var typeName: String { "tokens" }
  override func rendered(_ style: RenderingStyle) -> String { selector.description }

  /// `(a + b).first(2)`: a refinement to be called.
  override func member(_ name: String, in session: Session) throws -> Value? {
    TokenSelector.refinements.contains(name) ? .object(RefinementObject(selector, name)) : nil
  }

  override var memberNames: [String] { TokenSelector.refinements }

  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    .object(TokensObject(try selector.refining(PathStep("", .index(try arguments.pathValues())))))
  }

  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard op == .add || op == .subtract, other.object is TokensObject || other.object is PathObject else { return nil }
    let right = try TokenSelector(other)
    return try Self.combine(op, swapped ? right : selector, swapped ? selector : right)
  }

  /// `+` is union, `-` is difference.
  static func combine(_ op: BinaryOperator, _ left: TokenSelector, _ right: TokenSelector) throws -> Value? {
    switch op {
    case .add: .object(TokensObject(.union(left, right)))
    case .subtract: .object(TokensObject(.difference(left, right)))
    default: nil
    }
  }

  override func isEqual(to other: Object) -> Bool { (other as? TokensObject)?.selector == selector }
}

/// `.first` of a selector, waiting for its brackets.
private final class RefinementObject: HostObject {
  let selector: TokenSelector
  let name: String

  init(_ selector: TokenSelector, _ name: String) {
    self.selector = selector
    self.name = name
  }

  override var typeName: String { "selector step" }
  override var isCallable: Bool { true }

  override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    .object(TokensObject(try selector.refining(PathStep(name, .call(try arguments.pathValues())))))
  }
}

/// A pattern of sites as a value: what a sum of site paths evaluates to.
final class SitesObject: HostObject {
  let pattern: SitePattern

  init(_ pattern: SitePattern) { self.pattern = pattern }

  override var typeName: String { "sites" }
  override func rendered(_ style: RenderingStyle) -> String { pattern.description }

  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard op == .add, other.object is SitesObject || other.object is PathObject else { return nil }
    let right = try SitePattern(other)
    return .object(SitesObject(swapped ? right + pattern : pattern + right))
  }

  override func isEqual(to other: Object) -> Bool { (other as? SitesObject)?.pattern == pattern }
}
