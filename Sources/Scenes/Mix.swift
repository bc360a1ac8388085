/// What the miniature's projector and decoder are trained on: questions of ten kinds, drawn in given shares, without
/// end. Item i is a function of the seed and i; scenes come from a pool, so that what follows from a picture alone can
/// be kept by the scene's number.
///
///     let mix = try Mix(ScenePool(split: .train), scenes: 0..<40_000, seed: 1)
///     mix[123].question
public struct Mix: Sendable {
  public typealias Kind = VisualQuestion.Kind

  /// The kinds of questions in a mix.
  public static let kinds: [Kind] = [
    .caption, .visual, .yesNo, .agree, .irrelevant, .conflict, .conflictImage, .conflictText, .text, .knowledge,
  ]

  /// The shares that the miniature's answers come from. Yes/no questions need a quarter, with corrections among them,
  /// to be learned at all; the pattern is seen in captions only.
  public static let standard: [Kind: Double] = [
    .caption: 0.15, .visual: 0.17, .yesNo: 0.26, .agree: 0.05, .irrelevant: 0.05, .conflict: 0.11,
    .conflictImage: 0.075, .conflictText: 0.075, .text: 0.07, .knowledge: 0.05,
  ]

  /// How much each token of a caption counts in the loss, and the token that ends any answer: captions have many
  /// tokens, and the end is easy.
  public static let captionWeight = 0.35
  public static let endWeight = 0.2

  public let seed: UInt64
  public let pool: ScenePool
  /// The numbers of the scenes that are asked about.
  public let scenes: Range<Int>
  /// Kinds with a share, and the sum of the shares up to and with each.
  private let bounds: [(kind: Kind, bound: Double)]

  /// - Parameter shares: relative to each other; kinds that are left out have none.
  /// - Throws: `SceneError.badShares`, `unknownKind`, `noScenes`.
  public init(
    _ pool: ScenePool, scenes: Range<Int>, seed: UInt64 = 0, shares: [Kind: Double] = Mix.standard
  ) throws(SceneError) {
    guard !scenes.isEmpty else { throw .noScenes }
    self.seed = seed
    self.pool = pool
    self.scenes = scenes
    if let kind = Kind.allCases.first(where: { shares[$0] != nil && !Mix.kinds.contains($0) }) {
      throw .unknownKind(kind.rawValue)
    }
    var bounds: [(kind: Kind, bound: Double)] = []
    var total = 0.0
    for kind in Mix.kinds {
      let share = shares[kind] ?? 0
      guard share >= 0, share.isFinite else { throw .badShares("\(kind.rawValue): \(share)") }
      guard share > 0 else { continue }
      total += share
      bounds.append((kind, total))
    }
    guard total > 0 else { throw .badShares("no share above 0") }
    self.bounds = bounds
  }

  public subscript(index: Int) -> VisualQuestion {
    var draws = Draws(seed: seed, stream: pool.stream.mix, index: index)
    let place = draws.uniform() * bounds[bounds.count - 1].bound
    let kind = bounds.first { place < $0.bound }?.kind ?? bounds[bounds.count - 1].kind
    var item = question(kind, index, &draws)
    if kind == .caption { item.weight = Mix.captionWeight }
    item.endWeight = Mix.endWeight
    return item
  }

  /// The first `count` items.
  public func take(_ count: Int) -> DataSet<VisualQuestion> { DataSet(count: count) { self[$0] } }

  private func question(_ kind: Kind, _ index: Int, _ draws: inout Draws) -> VisualQuestion {
    if kind == .text { return .text(&draws) }
    if kind == .knowledge { return .knowledge(draws.below(Knowledge.facts.count)) }
    let scene = pool[scenes.lowerBound + draws.below(scenes.count)]
    if kind == .caption { return .caption(scene, &draws) }
    if kind == .yesNo { return yesNo(scene, &draws) }
    let attribute = draws.pick(Attribute.asked)
    switch kind {
    case .agree: return .agree(scene, about: attribute, &draws)
    case .irrelevant: return .irrelevant(scene, about: attribute, &draws)
    case .conflict, .conflictImage, .conflictText:
      let examples = Draws(seed: seed, stream: pool.stream.examples, index: index)
      let conflict = Conflict(scene, about: attribute, &draws, examples: examples)
      return .taught(conflict, kind == .conflict ? .neutral : kind == .conflictImage ? .image : .text)
    default:
      let item = VisualQuestion.visual(scene, about: attribute, &draws)
      return draws.chance(0.2) ? item.instructed(draws.pick(Questions.fromImage)) : item
    }
  }

  /// Three in ten ask for an attribute other than the shape, which is easier; two in five ask for a correction, which
  /// breaks the plateau on which yes and no are guessed.
  private func yesNo(_ scene: Scene, _ draws: inout Draws) -> VisualQuestion {
    let attribute = draws.chance(0.3) ? draws.pick(Mix.easy) : .shape
    let phrasing: Phrasing
    if draws.chance(0.4) {
      phrasing = .correction
    } else {
      phrasing = attribute != .shape || draws.chance(0.5) ? .base : draws.pick(Phrasing.rephrasings)
    }
    return .yesNo(scene, phrasing, about: attribute, &draws)
  }

  private static let easy = Attribute.asked.filter { $0 != .shape }
}

extension VisualQuestion {
  /// The same with an instruction at the end.
  fileprivate func instructed(_ instruction: String) -> VisualQuestion {
    VisualQuestion(
      kind: kind, scene: scene, question: "\(question) \(instruction)", answer: answer, attribute: attribute)
  }
}
