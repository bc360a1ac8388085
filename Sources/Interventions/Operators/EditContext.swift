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
  /// What the linear map reads, for an operator that looks at it.
  public let input: MapInput?
  /// What the vision tower made of the rows that edits added to the sample's images, image after image, for an operator of the
  /// decoder that looks at them: `[token, input]`.
  public let virtualRows: Variable?

  public init(
    site: Site, sample: SampleContext, positions: [Int], ordinals: [Int], reference: Variable? = nil,
    input: MapInput? = nil, virtualRows: Variable? = nil
  ) {
    self.site = site
    self.sample = sample
    self.positions = positions
    self.ordinals = ordinals
    self.reference = reference
    self.input = input
    self.virtualRows = virtualRows
  }
}

/// What a linear map reads of one sample.
public struct MapInput {
  /// At the rows that an operator is given: `[token, input]`.
  public let rows: Variable
  /// At all prompt positions, also in the passes that come after them: `[token, input]`. At vision and projector sites the
  /// sample's images.
  public let prompt: Variable

  public init(rows: Variable, prompt: Variable) {
    self.rows = rows
    self.prompt = prompt
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
