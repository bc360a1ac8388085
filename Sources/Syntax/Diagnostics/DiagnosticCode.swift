/// A stable name for one kind of diagnostic: `E0101`.
///
/// The letter is E for errors and W for warnings; the first two digits say who speaks: 01 lexer, 02 parser,
/// 03 resolver, 04 evaluation, 05 host (tensors, models, files). Every module declares its codes as static members
/// in one extension with an array of them all, as `DiagnosticCode+Syntax.swift` does.
public struct DiagnosticCode: Hashable, Sendable {
  public let id: String
  /// One line for the table in the documentation.
  public let meaning: String

  public init(_ id: String, _ meaning: String) {
    self.id = id
    self.meaning = meaning
  }
}
