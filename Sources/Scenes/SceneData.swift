/// The data sets of one seed. Items are made when they are asked for, each from its own number alone.
///
///     for item in SceneData().vqa(.test).take(64) { … item.image … item.question … item.answer }
public struct SceneData: Sendable {
  public let seed: UInt64

  public init(seed: UInt64 = 0) { self.seed = seed }

  /// Items of a split. Scene i of a split is the same in all of its data sets.
  public static func count(_ split: Split) -> Int { split == .train ? 40_000 : 4000 }

  public func scenes(_ split: Split) -> DataSet<Scene> {
    DataSet(count: Self.count(split)) { [seed] in SceneGenerator(seed: seed, stream: Stream(split))[$0] }
  }

  /// Questions about images.
  /// - Parameter attribute: what is asked for; nil draws one of those that the miniature was asked in training.
  public func vqa(_ split: Split, about attribute: Attribute? = nil) -> DataSet<VisualQuestion> {
    questions(split, \.visualQuestions) { scene, draws in
      let drawn = draws.pick(Attribute.asked)
      let attribute = attribute ?? drawn
      return VisualQuestion(
        kind: .visual, scene: scene, question: Questions.draw(attribute, &draws), answer: scene[attribute],
        attribute: attribute)
    }
  }

  /// Questions whether the scene has a value; for half of them it has.
  /// - Parameter form: how they are put. Other words than the base form's exist for shapes only.
  public func yesNo(_ split: Split, form: YesNoForm = .base, about attribute: Attribute = .shape)
    -> DataSet<VisualQuestion>
  {
    let template = form.template(attribute)
    return questions(split, \.yesNo) { scene, draws in
      let truth = scene[attribute]
      let isTrue = draws.chance(0.5)
      let offered = isTrue ? truth : attribute.other(than: truth, &draws)
      return VisualQuestion(
        kind: .yesNo, scene: scene, question: Questions.filled(template, offered),
        answer: isTrue ? "yes" : form.asksForTruth ? truth : "no", attribute: attribute)
    }
  }

  /// Questions about a sentence, without an image.
  public func textQuestions(_ split: Split) -> DataSet<VisualQuestion> {
    DataSet(count: Self.count(split)) { [seed] index in
      var draws = Draws(seed: seed, stream: Stream(split).textQuestions, index: index)
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
  }

  /// Every fact that the miniature knows by heart; the same in every split.
  public var knowledge: DataSet<VisualQuestion> {
    let facts = Knowledge.facts
    return DataSet(count: facts.count) {
      VisualQuestion(
        kind: .knowledge, scene: nil, question: facts[$0].question, answer: facts[$0].answer, attribute: nil)
    }
  }

  /// Requests to describe the image.
  public func captions(_ split: Split) -> DataSet<VisualQuestion> {
    questions(split, \.captions) { scene, draws in
      VisualQuestion(
        kind: .caption, scene: scene, question: draws.pick(Questions.captions), answer: scene.caption, attribute: nil)
    }
  }

  /// Questions about images beside texts that contradict them.
  /// - Parameter attribute: what they disagree about; nil draws one.
  public func conflicts(_ split: Split, about attribute: Attribute? = nil) -> DataSet<Conflict> {
    let stream = Stream(split)
    return DataSet(count: Self.count(split)) { [seed] index in
      var draws = Draws(seed: seed, stream: stream.conflicts, index: index)
      let drawn = draws.pick(Attribute.asked)
      return Conflict(SceneGenerator(seed: seed, stream: stream)[index], about: attribute ?? drawn, &draws)
    }
  }

  private func questions(
    _ split: Split, _ purpose: KeyPath<Stream, UInt32> & Sendable,
    _ make: @escaping @Sendable (Scene, inout Draws) -> VisualQuestion
  ) -> DataSet<VisualQuestion> {
    let stream = Stream(split)
    return DataSet(count: Self.count(split)) { [seed] index in
      var draws = Draws(seed: seed, stream: stream[keyPath: purpose], index: index)
      return make(SceneGenerator(seed: seed, stream: stream)[index], &draws)
    }
  }
}
