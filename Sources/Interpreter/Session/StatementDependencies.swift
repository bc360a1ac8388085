import Syntax

/// What a top-level statement has to do with names, as far as its text shows.
public struct StatementDependencies: Sendable {
  /// Names it mentions, whether or not they are globals.
  public let reads: Set<String>
  /// Names it binds.
  public let defines: Set<String>
  /// Names it changes with `:=`, itself or in functions it declares.
  public let assigns: Set<String>

  public init(_ statement: Statement) {
    var names = NameCollector()
    names.visit(statement)
    reads = names.used
    defines = Set(statement.definedNames.map(\.text))
    assigns = names.assigned
  }
}
