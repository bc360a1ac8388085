import Tensors

/// What prompts compute when nobody edits anything, kept for steered runs of the same prompts to start from.
///
/// A run that is given a `PrefixUse` computes only what its edits can reach: the decoder from the first edited layer on,
/// for positions from the first edited one on. All else comes from here, with the bits that it would have had. Prompts are
/// known by what they hold, their token ids and pixels, so it does not matter which value asks.
///
/// For each prompt the store keeps the keys and values of all decoder layers, the embeddings with the image features in
/// place, and the residual stream at the stages that runs have started from. When its limit is reached, those prompts go
/// that have not been used for longest; without room, runs are whole runs.
///
/// A store belongs to one thread at a time.
public final class PrefixStore {
  /// How much the store may hold, in bytes.
  public let byteLimit: Int
  private let prefixes: BoundedCache<PromptKey, Prefix>
  public private(set) var statistics = Statistics()

  public struct Statistics: Sendable, Equatable {
    /// Prompts of runs that could start from what was kept.
    public var reused = 0
    /// Prompts that were first run without edits, to be kept or only for the run at hand.
    public var computed = 0
    /// Prompts of runs for which there was no room.
    public var refused = 0
  }

  /// - Parameter byteLimit: 0 keeps nothing.
  public init(byteLimit: Int = 1 << 30) {
    self.byteLimit = max(byteLimit, 0)
    prefixes = BoundedCache(byteLimit: self.byteLimit)
  }

  /// How much the store holds, in bytes.
  public var byteCount: Int { prefixes.byteCount }
  /// Prompts in the store.
  public var count: Int { prefixes.count }

  /// What is kept of a batch's prompts, and what `compute` makes of those that are missing; nil where none is kept and
  /// none of the missing finds room.
  ///
  /// - Parameter compute: gets indices of prompts that differ from each other.
  func prefixes(
    _ prompts: [Prompt], of model: Model, compute: ([Int]) throws -> [Prefix]
  ) throws -> [Prefix]? {
    let keys = prompts.map { PromptKey($0, model) }
    var found = keys.map { prefixes[$0] }
    var missing: [Int] = []
    var firstOf: [PromptKey: Int] = [:]
    for index in keys.indices where found[index] == nil && firstOf[keys[index]] == nil {
      firstOf[keys[index]] = index
      missing.append(index)
    }
    let sizes = missing.map { Prefix.byteCount(prompts[$0], model.configuration.decoder) }
    if found.allSatisfy({ $0 == nil }), !prefixes.hasRoom(for: sizes) {
      statistics.refused += prompts.count
      return nil
    }
    if !missing.isEmpty {
      for (index, prefix) in zip(missing, try compute(missing)) {
        found[index] = prefix
        prefixes.insert(prefix, for: keys[index], bytes: prefix.byteCount)
      }
      for index in keys.indices where found[index] == nil { found[index] = firstOf[keys[index]].flatMap { found[$0] } }
    }
    statistics.computed += missing.count
    statistics.reused += prompts.count - missing.count
    return found.compactMap { $0 }
  }

  /// Keeps more of a prompt, if the store still has the prompt and has room.
  func keep(_ stream: Prefix.Stream, stage: Int, of prefix: Prefix) {
    guard prefixes.grow(prefix, by: stream.byteCount - prefix.byteCount(ofStage: stage)) else { return }
    prefix.keep(stream, stage: stage)
  }
}

/// What a steered run may take from a store.
public struct PrefixUse {
  public let store: PrefixStore
  /// The stage of the decoder (`ModelConfiguration.stage(of:)`) before which the run's listener neither looks at nor changes
  /// anything of the prompts. What it does before this stage is not seen.
  public let stage: Int
  /// For each prompt the first position that the listener looks at or changes.
  public let positions: [Int]

  public init(_ store: PrefixStore, stage: Int, positions: [Int]) {
    self.store = store
    self.stage = stage
    self.positions = positions
  }
}

extension ModelConfiguration {
  /// The stage of the decoder's residual stream from which on a site's activation is computed: 0 is the embeddings, n the
  /// output of block n − 1. A site that shows the stream of a stage belongs to that stage. Nil before the decoder.
  public func stage(of site: Site) -> Int? {
    guard site.stack == .decoder else { return nil }
    guard let layer = site.layer else { return site.point == .embeddings ? 0 : decoder.layers }
    return site.point == .output ? layer + 1 : layer
  }
}
