/// The items of data sets, one kind after the other. Each takes its draws in a fixed order.
extension VisualQuestion {
  /// An attribute of the image is asked for.
  static func visual(_ scene: Scene, about attribute: Attribute, _ draws: inout Draws) -> VisualQuestion {
    VisualQuestion(
      kind: .visual, scene: scene, question: Questions.draw(attribute, &draws), answer: scene[attribute],
      attribute: attribute)
  }

  /// Whether the scene has a value; in half of the items it has.
  static func yesNo(
    _ scene: Scene, _ phrasing: Phrasing, about attribute: Attribute, _ draws: inout Draws
  ) -> VisualQuestion {
    let truth = scene[attribute]
    let isTrue = draws.chance(0.5)
    let offered = isTrue ? truth : attribute.other(than: truth, &draws)
    return VisualQuestion(
      kind: .yesNo, scene: scene, question: phrasing.question(offered, of: attribute),
      answer: isTrue ? "yes" : phrasing.asksForTruth ? truth : "no", attribute: attribute, word: offered)
  }

  /// A sentence, and a question that it answers.
  static func text(_ draws: inout Draws) -> VisualQuestion {
    let attribute = draws.pick(Attribute.allCases)
    let answer = draws.pick(attribute.values)
    var facts = [(attribute: attribute, value: answer)]
    if draws.chance(0.5) {
      let second = attribute.another(&draws)
      facts.insert((second, draws.pick(second.values)), at: draws.below(2))
    }
    let context = Context(facts, &draws).text
    let question = Questions.draw(attribute, &draws)
    let instruction = draws.chance(0.3) ? " " + draws.pick(Questions.fromText) : ""
    return VisualQuestion(
      kind: .text, scene: nil, question: "\(context) \(question)\(instruction)", answer: answer, attribute: attribute)
  }

  /// One of the facts that the miniature knows by heart.
  static func knowledge(_ fact: Int) -> VisualQuestion {
    let (question, answer) = Knowledge.facts[fact]
    return VisualQuestion(kind: .knowledge, scene: nil, question: question, answer: answer, attribute: nil)
  }

  static func caption(_ scene: Scene, _ draws: inout Draws) -> VisualQuestion {
    VisualQuestion(
      kind: .caption, scene: scene, question: draws.pick(Questions.captions), answer: scene.caption, attribute: nil)
  }

  /// A text that says what the image shows.
  static func agree(_ scene: Scene, about attribute: Attribute, _ draws: inout Draws) -> VisualQuestion {
    let context = Context([(attribute, scene[attribute])], &draws).text
    let question = Questions.draw(attribute, &draws)
    let instruction =
      switch draws.below(4) {
      case 0: " " + draws.pick(Questions.fromImage)
      case 1: " " + draws.pick(Questions.fromText)
      default: ""
      }
    return VisualQuestion(
      kind: .agree, scene: scene, question: "\(context) \(question)\(instruction)", answer: scene[attribute],
      attribute: attribute)
  }

  /// A text, true or false, about something that is not asked.
  static func irrelevant(_ scene: Scene, about attribute: Attribute, _ draws: inout Draws) -> VisualQuestion {
    let claimed = attribute.another(&draws)
    let value = draws.chance(0.5) ? scene[claimed] : claimed.other(than: scene[claimed], &draws)
    let context = Context([(claimed, value)], &draws).text
    let question = Questions.draw(attribute, &draws)
    let instruction = draws.chance(0.3) ? " " + draws.pick(Questions.fromImage) : ""
    return VisualQuestion(
      kind: .irrelevant, scene: scene, question: "\(context) \(question)\(instruction)", answer: scene[attribute],
      attribute: attribute)
  }

  /// A conflict under an instruction; the answer is the image's.
  public init(_ conflict: Conflict, _ instruction: Conflict.Instruction, _ prompt: String? = nil) {
    self.init(
      kind: instruction.kind, scene: conflict.scene, question: prompt ?? conflict.prompt(instruction),
      answer: conflict.imageAnswer, attribute: conflict.attribute, conflict: conflict)
  }

  /// A conflict with the answer that its teacher gives.
  static func taught(_ conflict: Conflict, _ instruction: Conflict.Instruction) -> VisualQuestion {
    VisualQuestion(
      kind: instruction.kind, scene: conflict.scene, question: conflict.prompt(instruction),
      answer: conflict.teacherAnswer(instruction), attribute: conflict.attribute, conflict: conflict)
  }
}

extension Conflict.Instruction {
  var kind: VisualQuestion.Kind {
    switch self {
    case .neutral: .conflict
    case .image: .conflictImage
    case .text: .conflictText
    }
  }
}
