import Syntax

/// What the language leaves to the host: operators between values of which neither is a host object (paths, functions,
/// operators), and `seed`.
public protocol HostSemantics: AnyObject {
  /// `left op right`, where the language and the operands themselves have no meaning for it; nil when the host has none
  /// either. `site on tokens` and `… => operator` come here.
  func binary(
    _ op: BinaryOperator, _ left: Value, _ right: Value, at location: Diagnostic.Label?, in session: Session
  ) throws -> Value?

  func unary(_ op: UnaryOperator, _ operand: Value, at location: Diagnostic.Label?, in session: Session) throws
    -> Value?

  /// The statement `seed n`.
  func seed(_ seed: Int, in session: Session) throws
}

extension HostSemantics {
  public func unary(
    _ op: UnaryOperator, _ operand: Value, at location: Diagnostic.Label?, in session: Session
  ) throws -> Value? { nil }
}
