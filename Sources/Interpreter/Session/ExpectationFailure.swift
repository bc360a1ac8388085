import Syntax

/// An `expect` that does not hold.
public struct ExpectationFailure: Error, Sendable, CustomStringConvertible {
  /// The condition as written.
  public let condition: String
  /// Both sides of the comparison, rendered; empty where the condition is no comparison.
  public let sides: [String]
  /// What the script says about it.
  public let message: String?
  public var diagnostic: Diagnostic

  init(condition: String, sides: [String], message: String?, at location: Diagnostic.Label?) {
    self.condition = condition
    self.sides = sides
    self.message = message
    var text = message.map { "\($0): " } ?? ""
    text += "expected `\(condition)`"
    if sides.count == 2 { text += ", found \(sides[0]) on the left and \(sides[1]) on the right" }
    diagnostic = Diagnostic(.expectationFailed, text, at: location)
  }

  public var description: String { diagnostic.message }
}
