import Autodiff
import Tensors

/// Something that reads or edits activations in a pass that gradients go through.
///
/// Where layers are checkpointed, a site is shown once in the forward pass and once more while gradients flow back, so a
/// visit gives the same result each time.
public protocol DifferentiableListener: AnyObject {
  /// The sites to be called for.
  var sites: Set<Site> { get }
  /// - Returns: what stands at the site from here on: the activation's own content, or another of its shapes.
  func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content
}

/// A site's activation in a differentiable pass, for all samples of the batch.
public final class DifferentiableActivation {
  /// What lies at the site.
  public enum Content {
    /// Packed sample after sample: `[token, model]`, `[token, head, feature]` at sites of heads, `[token, output]` at the
    /// weight of a linear map.
    case packed(Variable)
    /// Attention scores and weights, `[head, query, key]` for each sample.
    case matrices([Variable])
  }

  public let site: Site
  public let content: Content
  /// At the weight of a linear map what the map read, packed: `[token, input]`.
  public let input: Variable?
  /// The rows of each sample in packed content; for `matrices` they count the queries.
  public let samples: [Range<Int>]
  /// The position of each sample's first row.
  public let firstPositions: [Int]
  public let contexts: [TokenContext]
  /// At sites of the decoder what the vision tower made of the rows that interventions added to each sample's images, image
  /// after image, `[token, input]`; nil where there are none, or where the tower did not run.
  public let virtualRows: [Variable?]

  public init(
    site: Site, content: Content, input: Variable? = nil, samples: [Range<Int>], firstPositions: [Int],
    contexts: [TokenContext], virtualRows: [Variable?]? = nil
  ) {
    self.site = site
    self.content = content
    self.input = input
    self.samples = samples
    self.firstPositions = firstPositions
    self.contexts = contexts
    self.virtualRows = virtualRows ?? contexts.map { _ in nil }
  }

  /// The positions that a sample's rows stand at.
  public func positions(_ sample: Int) -> Range<Int> {
    firstPositions[sample]..<firstPositions[sample] + samples[sample].count
  }
}
