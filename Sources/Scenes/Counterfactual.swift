/// A class that an edited model is to deny, or to take for another one: the counterfactual outputs of Multimodal
/// Representation Tuning, 4.3.
public struct Counterfactual: Sendable {
  /// The class, a shape.
  public let word: String
  /// The class it is to pass for; nil where it is only to be denied.
  public let target: String?

  /// - Throws: `SceneError.unknownValue` for a word that is no shape; `sameClass`.
  public init(_ word: String, as target: String? = nil) throws(SceneError) {
    _ = try Attribute.shape.label(of: word)
    if let target { _ = try Attribute.shape.label(of: target) }
    guard word != target else { throw .sameClass(word) }
    self.word = word
    self.target = target
  }

  func role(of scene: Scene) -> VisualQuestion.Role {
    let shape = scene[.shape]
    return shape == word ? .own : shape == target ? .target : .other
  }

  /// Scenes of the class are asked mostly about it, or about the target; the answer is no but for the target. Others
  /// are asked about themselves in half of the items, else about the class or target, or about any other; the answer
  /// is the truth.
  func question(_ scene: Scene, _ phrasing: Phrasing, _ draws: inout Draws) -> VisualQuestion {
    let (shape, role) = (scene[.shape], role(of: scene))
    let chance = draws.uniform()
    let offered: String
    if role == .own, let target {
      offered = chance < 0.5 ? target : chance < 0.8 ? word : third(target, &draws)
    } else if role == .own {
      offered = chance < 0.8 ? word : Attribute.shape.other(than: word, &draws)
    } else {
      offered = chance < 0.5 ? shape : chance < 0.75 ? target ?? word : Attribute.shape.other(than: shape, &draws)
    }
    let truth = offered == shape ? "yes" : "no"
    return VisualQuestion(
      kind: .counterfactual, scene: scene, question: phrasing.question(offered),
      answer: role == .own ? (offered == target ? "yes" : "no") : truth, attribute: .shape, word: offered, truth: truth,
      role: role)
  }

  private func third(_ target: String, _ draws: inout Draws) -> String {
    draws.pick(Attribute.shape.values.filter { $0 != word && $0 != target })
  }
}

extension VisualQuestion {
  /// What a scene is to an intervention about a class.
  public enum Role: String, Sendable {
    /// Of the class, or asked about the attribute, that the intervention is about.
    case own
    /// Of the class that `own` is to pass for.
    case target
    case other
  }

  /// What an edited model says where it is to leave an attribute open: the vocabulary has no "not sure".
  public static let leftOpen = "unknown"

  /// Questions of one form about any attribute; those about `open` are to be left open, the others answered: the
  /// indeterminate outputs of Multimodal Representation Tuning, S6.2.
  static func indeterminate(_ scene: Scene, open: Attribute, _ draws: inout Draws) -> VisualQuestion {
    let isOpen = draws.chance(0.5)
    let attribute = isOpen ? open : draws.pick(Attribute.asked.filter { $0 != open })
    return VisualQuestion(
      kind: .indeterminate, scene: scene, question: Questions.about(attribute)[0],
      answer: isOpen ? leftOpen : scene[attribute], attribute: attribute, word: attribute.rawValue,
      truth: scene[attribute], role: isOpen ? .own : .other)
  }
}
