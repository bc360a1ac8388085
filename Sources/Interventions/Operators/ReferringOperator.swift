import Autodiff
import Models

/// A prepared operator that looks at one prompt position of a sample, whatever rows it edits: as Learn-to-Steer, which reads
/// the last prompt token and adds what it makes of it everywhere.
///
/// `refer` is called once in a run, when the pass that computes the position gets to the operator; `apply` finds the result
/// in its context, then and for every token that is generated later.
public protocol ReferringOperator: PreparedOperator {
  /// Names one prompt position.
  var reference: TokenSelector { get }
  /// - Parameter hidden: the activation at the position, before this edit: as `hidden` of `apply`, with one token.
  func refer(to hidden: Variable, at site: Site) throws -> Variable
}
