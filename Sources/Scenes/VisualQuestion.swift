import Checkpoints

/// A question with its answer, about a scene or about a text.
public struct VisualQuestion: Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// An attribute of the image is asked for.
    case visual
    /// Yes or no; the correction form is answered by yes or the right word.
    case yesNo
    /// An attribute that a sentence states; no image.
    case text
    /// A fact from memory; no image.
    case knowledge
    /// The whole image in one sentence.
    case caption
  }

  public let kind: Kind
  /// The scene that is asked about; nil where there is no image.
  public let scene: Scene?
  public let question: String
  public let answer: String
  /// What is asked for; nil where it is none of the attributes.
  public let attribute: Attribute?

  public var image: Image? { scene?.image }
  /// The region that answers: the digit's where the digit is asked for, the whole picture for its background, else the
  /// objects'. Nil without an image or an attribute.
  public var box: SceneBox? {
    guard let scene, let attribute else { return nil }
    switch attribute {
    case .digit: return scene.digitBox
    case .background, .pattern: return SceneBox(x0: 0, y0: 0, x1: scene.image.width, y1: scene.image.height)
    default: return scene.box
    }
  }
}
