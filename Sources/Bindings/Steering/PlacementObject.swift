import Interpreter
import Interventions
import Syntax

/// `site on tokens`, waiting for `=> operator`.
final class PlacementObject: HostObject {
  let sites: SitePattern
  let tokens: TokenSelector

  /// - Throws: `InterventionError.tokensAtWeight`, where a script says tokens of weights.
  init(_ sites: SitePattern, _ tokens: TokenSelector) throws {
    if sites.namesWeights {
      throw InterventionError.tokensAtWeight(selector: tokens.description, pattern: sites.description)
    }
    self.sites = sites
    self.tokens = tokens
  }

  override var typeName: String { "placement" }
  override func rendered(_ style: RenderingStyle) -> String { "\(sites) on \(tokens)" }

  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? { nil }

  /// `place => operator`; a bare path means all tokens, or weights.
  static func intervention(
    _ place: Value, _ operation: Value, _ bench: Workbench, _ session: Session
  ) throws -> Intervention {
    let operation = try ScriptOperators(bench, session).operation(from: operation)
    if let placement = place.object as? PlacementObject {
      return Intervention(placement.sites, on: placement.tokens, operation)
    }
    return Intervention(try SitePattern(place), operation)
  }
}

/// An operator whose body is Swift, with its arguments: `add(v, strength: 2)`.
final class NativeOperatorObject: HostObject {
  let operation: any Operator

  init(_ operation: any Operator) { self.operation = operation }

  override var typeName: String { "operator" }
  override func rendered(_ style: RenderingStyle) -> String { operation.source }
}
