import Autodiff
import Models

/// Where an operator is at work: one site, one sample, and the positions whose activations it was given.
public struct EditContext {
  public let site: Site
  public let sample: SampleContext
  /// The sequence position of each index along the token axis of what the operator gets.
  public let positions: [Int]
  /// For each of them, its place among all positions that the selector names in this sample.
  public let ordinals: [Int]
  /// What a `ReferringOperator` made of the position it refers to.
  public let reference: Variable?

  public init(
    site: Site, sample: SampleContext, positions: [Int], ordinals: [Int], reference: Variable? = nil
  ) {
    self.site = site
    self.sample = sample
    self.positions = positions
    self.ordinals = ordinals
    self.reference = reference
  }
}

/// One sample of a batch, for strengths that depend on it.
public struct SampleContext: Sendable {
  /// Place in the batch.
  public let index: Int
  public let tokens: TokenContext

  public init(index: Int, tokens: TokenContext) {
    self.index = index
    self.tokens = tokens
  }
}
