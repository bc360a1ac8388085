import Interpreter
import Interventions
import Models

/// What the points of a sweep have in common, so that it is done once: unsteered prompts, the items of data sets, and the
/// answers that two functions of one point ask for.
final class SharedWork {
  let prefixes: PrefixStore
  private var samples: [ItemKey: (holder: AnyObject, sample: Sample)] = [:]
  /// About how much the samples take, in bytes.
  private var sampleBytes = 0
  private static let mostSampleBytes = 1 << 28
  private var answers: [AnswerKey: Generation] = [:]
  /// Whom `answers` are of; held so that no other object gets their place in memory.
  private var answering: [AnyObject] = []

  /// An item by the object it is, or by its number in a data set, which makes a new object each time.
  enum ItemKey: Hashable {
    case object(ObjectIdentifier)
    case numbered(set: ObjectIdentifier, Int)
  }

  struct AnswerKey: Hashable {
    let model: ObjectIdentifier
    let prompt: ObjectIdentifier
    let maximumTokens: Int
    let keepsLogProbabilities: Bool
  }

  init(prefixes: PrefixStore) { self.prefixes = prefixes }

  func sample(_ key: ItemKey, of holder: AnyObject, _ make: () throws -> Sample) rethrows -> Sample {
    if let known = samples[key] { return known.sample }
    let sample = try make()
    // The picture, its prepared pixels, and a little.
    let bytes = sample.prompt.allImages.reduce(4096) { bytes, image in
      bytes + (image.scene == nil ? 16 * min(image.image.width * image.image.height, 1 << 18) : 40_000)
    }
    if sampleBytes + bytes <= Self.mostSampleBytes {
      samples[key] = (holder, sample)
      sampleBytes += bytes
    }
    return sample
  }

  /// Forgets the answers, which belong to one point.
  func beginPoint() {
    answers = [:]
    answering = []
  }

  /// The answers to prompts, those that are not known yet made by `generate`.
  func answers(
    of model: ModelObject, to prompts: [PromptObject], _ options: GenerationOptions,
    _ generate: ([PromptObject]) throws -> [Generation]
  ) throws -> [Generation] {
    // What draws or runs a script's own code is run as often as it is asked for.
    guard options.temperature == 0, options.stop.isEmpty, !model.steered.interventions.contains(where: \.runsScripts)
    else { return try generate(prompts) }
    let keys = prompts.map { prompt in
      AnswerKey(
        model: ObjectIdentifier(model), prompt: ObjectIdentifier(prompt), maximumTokens: options.maximumTokens,
        keepsLogProbabilities: options.keepsLogProbabilities)
    }
    var asked: Set<AnswerKey> = []
    let missing = prompts.indices.filter { answers[keys[$0]] == nil && asked.insert(keys[$0]).inserted }
    if !missing.isEmpty {
      answering.append(model)
      answering += missing.map { prompts[$0] }
      for (index, answer) in zip(missing, try generate(missing.map { prompts[$0] })) { answers[keys[index]] = answer }
    }
    return keys.compactMap { answers[$0] }
  }
}

extension Intervention {
  /// Whether functions of a script are a part of it, which may do more than compute.
  fileprivate var runsScripts: Bool { node.runsScripts }
}

extension Intervention.Node {
  fileprivate var runsScripts: Bool {
    switch self {
    case .edit(let edit):
      edit.operation is ClosureOperator
        || edit.operation.arguments.contains { if case .function = $0.value { true } else { false } }
    case .sequence(let parts): parts.contains(where: \.runsScripts)
    case .scaled(.function, _): true
    case .scaled(_, let inner): inner.runsScripts
    }
  }
}
