/// The data sets of one seed. Items are made when they are asked for, each from its own number alone; scenes are kept.
///
///     for item in SceneData().vqa(.test).take(64) { … item.image … item.question … item.answer }
public struct SceneData: Sendable {
  public let seed: UInt64
  private let pools: [ScenePool]

  public init(seed: UInt64 = 0) {
    self.seed = seed
    pools = Split.allCases.map { ScenePool(seed: seed, split: $0) }
  }

  /// Items of a split. Scene i of a split is the same in all of its data sets.
  public static func count(_ split: Split) -> Int { split == .train ? 40_000 : 4000 }

  /// The scenes that a split's questions are about.
  public func pool(_ split: Split) -> ScenePool { pools[split == .train ? 0 : split == .validation ? 1 : 2] }

  public func scenes(_ split: Split) -> DataSet<Scene> { pool(split).take(Self.count(split)) }

  /// Questions about images.
  /// - Parameter attribute: what is asked for; nil draws one of those that the miniature was asked in training.
  public func vqa(_ split: Split, about attribute: Attribute? = nil) -> DataSet<VisualQuestion> {
    questions(split, \.visualQuestions) { scene, draws in
      let drawn = draws.pick(Attribute.asked)
      return .visual(scene, about: attribute ?? drawn, &draws)
    }
  }

  /// Questions whether the scene has a value; for half of them it has. Item i offers the same in every phrasing.
  /// - Parameter phrasing: how they are put. Other words than the base phrasing's exist for shapes only.
  public func yesNo(_ split: Split, _ phrasing: Phrasing = .base, about attribute: Attribute = .shape)
    -> DataSet<VisualQuestion>
  {
    questions(split, \.yesNo) { scene, draws in .yesNo(scene, phrasing, about: attribute, &draws) }
  }

  /// Questions about a sentence, without an image.
  public func textQuestions(_ split: Split) -> DataSet<VisualQuestion> {
    DataSet(count: Self.count(split)) { [seed] index in
      var draws = Draws(seed: seed, stream: Stream(split).textQuestions, index: index)
      return .text(&draws)
    }
  }

  /// Every fact that the miniature knows by heart; the same in every split.
  public var knowledge: DataSet<VisualQuestion> { DataSet(count: Knowledge.facts.count) { .knowledge($0) } }

  /// Requests to describe the image.
  public func captions(_ split: Split) -> DataSet<VisualQuestion> {
    questions(split, \.captions) { scene, draws in .caption(scene, &draws) }
  }

  /// Questions about images beside texts that contradict them.
  /// - Parameter attribute: what they disagree about; nil draws one.
  public func conflicts(_ split: Split, about attribute: Attribute? = nil) -> DataSet<Conflict> {
    let (stream, pool) = (Stream(split), pool(split))
    return DataSet(count: Self.count(split)) { [seed] index in
      var draws = Draws(seed: seed, stream: stream.conflicts, index: index)
      let drawn = draws.pick(Attribute.asked)
      let examples = Draws(seed: seed, stream: stream.examples, index: index)
      return Conflict(pool[index], about: attribute ?? drawn, &draws, examples: examples)
    }
  }

  /// The same as questions, under an instruction, whose answer is the image's.
  public func conflictQuestions(
    _ split: Split, about attribute: Attribute? = nil, _ instruction: Conflict.Instruction = .neutral
  ) -> DataSet<VisualQuestion> {
    let items = conflicts(split, about: attribute)
    return DataSet(count: items.count) { VisualQuestion(items[$0], instruction) }
  }

  /// Questions whether a scene shows a class, with the answers of a model that denies a class or takes it for another.
  /// A third of the scenes is drawn from those of the class, the others from all.
  public func counterfactuals(_ split: Split, _ counterfactual: Counterfactual, _ phrasing: Phrasing = .base)
    -> DataSet<VisualQuestion>
  {
    let (stream, pool, count) = (Stream(split), pool(split), Self.count(split))
    let label = Attribute.shape.values.firstIndex(of: counterfactual.word) ?? 0
    let own = pool.numbers(with: label, of: .shape, count: count)
    return DataSet(count: count) { [seed] index in
      var draws = Draws(seed: seed, stream: stream.counterfactuals, index: index)
      let isOwn = draws.chance(1 / 3)
      let scene = pool[isOwn ? draws.pick(own) : draws.below(count)]
      return counterfactual.question(scene, phrasing, &draws)
    }
  }

  /// Questions `what is the color ?`, to be left open where they are about `attribute` and answered where not.
  public func indeterminate(_ split: Split, _ attribute: Attribute) -> DataSet<VisualQuestion> {
    questions(split, \.indeterminate) { scene, draws in .indeterminate(scene, open: attribute, &draws) }
  }

  private func questions(
    _ split: Split, _ purpose: KeyPath<Stream, UInt32> & Sendable,
    _ make: @escaping @Sendable (Scene, inout Draws) -> VisualQuestion
  ) -> DataSet<VisualQuestion> {
    let (stream, pool) = (Stream(split), pool(split))
    return DataSet(count: Self.count(split)) { [seed] index in
      var draws = Draws(seed: seed, stream: stream[keyPath: purpose], index: index)
      return make(pool[index], &draws)
    }
  }
}
