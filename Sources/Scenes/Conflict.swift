import Checkpoints
import Glibc

/// A question about an image beside a text that says otherwise.
///
/// Which of the two the miniature was taught to follow varies from item to item: the teacher answers from the image
/// with the probability
///
///     sigmoid((b(attribute) + doubt(source) + clarity + d) / 0.5)
///
/// where clarity is 0.4 in a clear image and −0.6 in haze, and d is 0.9 under an instruction to use the image, −0.9
/// under one to use the text, and 0 without. So the preference of the model is by design; how it moves when hidden
/// states are steered is not.
public struct Conflict: Sendable {
  /// What the question tells the reader to go by.
  public enum Instruction: String, CaseIterable, Sendable {
    case neutral, image, text

    /// The instruction's pull in the teacher's log-odds, before the temperature.
    var pull: Double {
      switch self {
      case .neutral: 0
      case .image: 0.9
      case .text: -0.9
      }
    }
  }

  public let scene: Scene
  /// What is asked for and what image and text disagree about.
  public let attribute: Attribute
  public let source: ContextSource
  /// The sentence that contradicts the image, and the question.
  public let context: String
  public let question: String
  public let imageAnswer: String
  public let textAnswer: String
  private let instructions: (image: String, text: String)
  /// Decides, together with the teacher's probability, which answer the teacher gives.
  private let fate: Double
  /// Draws of what examples in a prompt say.
  let examples: Draws

  public var image: Image { scene.image }
  public var box: SceneBox { scene.region(of: attribute) }

  /// Context and question, with an instruction at the end or without one.
  public func prompt(_ instruction: Instruction = .neutral) -> String {
    "\(context) \(question)" + (self.instruction(instruction).map { " " + $0 } ?? "")
  }

  /// The item's wording of an instruction.
  func instruction(_ instruction: Instruction) -> String? {
    switch instruction {
    case .neutral: nil
    case .image: instructions.image
    case .text: instructions.text
    }
  }

  /// How likely the teacher is to answer from the image.
  public func imageProbability(_ instruction: Instruction = .neutral) -> Double {
    let clarity = scene.isHazy ? -0.6 : 0.4
    let score = Conflict.bias(attribute) + source.doubt + clarity + instruction.pull
    return 1 / (1 + exp(-score / 0.5))
  }

  /// The teacher's answer: a draw of that probability, the same every time.
  public func teacherAnswer(_ instruction: Instruction = .neutral) -> String {
    fate < imageProbability(instruction) ? imageAnswer : textAnswer
  }

  /// How readily the teacher believes the image about an attribute.
  private static func bias(_ attribute: Attribute) -> Double {
    switch attribute {
    case .shape: 0.4
    case .color: 0
    case .count: -1.3
    case .position: -0.6
    case .size, .pattern: -0.9
    case .background: -0.3
    case .digit: -1.6
    }
  }

  init(_ scene: Scene, about attribute: Attribute, _ draws: inout Draws, examples: Draws) {
    self.scene = scene
    self.examples = examples
    self.attribute = attribute
    imageAnswer = scene[attribute]
    textAnswer = attribute.other(than: imageAnswer, &draws)
    var facts = [(attribute: attribute, value: textAnswer)]
    if draws.chance(0.4) {
      // A second claim, true or false, about something that is not asked.
      let second = attribute.another(&draws)
      let value = draws.chance(0.5) ? scene[second] : second.other(than: scene[second], &draws)
      facts.insert((second, value), at: draws.below(2))
    }
    let context = Context(facts, &draws)
    self.context = context.text
    source = context.source
    question = Questions.draw(attribute, &draws)
    let choice = draws.below(Questions.fromImage.count)
    instructions = (Questions.fromImage[choice], Questions.fromText[choice])
    fate = draws.uniform()
  }
}
