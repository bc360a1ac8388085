import Checkpoints

/// A question with its answer, about a scene or about a text.
public struct VisualQuestion: Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// An attribute of the image is asked for.
    case visual = "vqa"
    /// Yes or no; the correction phrasing is answered by yes or the right word.
    case yesNo = "yes_no"
    /// An attribute that a sentence states; no image.
    case text
    /// A fact from memory; no image.
    case knowledge
    /// The whole image in one sentence.
    case caption
    /// An attribute that image and text agree about.
    case agree
    /// An attribute of the image, beside a text about another one.
    case irrelevant
    /// An attribute that image and text disagree about, without an instruction and with one for either side.
    case conflict
    case conflictImage = "conflict_image"
    case conflictText = "conflict_text"
    /// A yes/no question with an answer that an edited model is to give.
    case counterfactual
    /// A question about an attribute that an edited model is to leave open.
    case indeterminate
  }

  public let kind: Kind
  /// The scene that is asked about; nil where there is no image.
  public let scene: Scene?
  public let question: String
  public let answer: String
  /// What is asked for; nil where it is none of the attributes.
  public let attribute: Attribute?
  /// The word of the question that names what is asked about: the value that a yes/no question offers.
  public var word: String?
  /// The conflict that the item asks, where it is one.
  public var conflict: Conflict?
  /// The answer without an intervention, where `answer` is another one.
  public var truth: String?
  /// What the scene is to an intervention.
  public var role: Role?
  /// How much each token of the answer counts in the loss, and the end token.
  public var weight = 1.0
  public var endWeight = 1.0

  public var image: Image? { scene?.image }
  /// The region that answers; nil without an image or an attribute.
  public var box: SceneBox? { attribute.flatMap { scene?.region(of: $0) } }
}
