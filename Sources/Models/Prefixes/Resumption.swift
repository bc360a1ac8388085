/// Where a run begins in place of the embeddings: in the middle of the decoder, at the first position that an edit reaches.
struct Resumption {
  private let store: PrefixStore
  private let prefixes: [Prefix]
  /// The stage whose stream the run starts from: the last one that is there for all of the batch, `target` at the best.
  let stage: Int
  /// The stage up to which nothing is edited.
  private let target: Int
  /// Whether the run leaves the last stage's stream for later ones.
  let keepsLastStage: Bool
  /// For each prompt the first position that is computed.
  let positions: [Int]

  /// - Returns: nil where the run is a whole one.
  init?(
    _ use: PrefixUse, _ prompts: [Prompt], _ model: Model, control: RunControl
  ) throws {
    guard use.positions.count == prompts.count, use.store.byteLimit > 0 else { return nil }
    let target = min(max(use.stage, 0), model.configuration.decoder.layers)
    let prefixes = try use.store.prefixes(prompts, of: model) { missing in
      try model.prefixes(of: missing.map { prompts[$0] }, stage: target, control)
    }
    guard let prefixes else { return nil }
    // One position is always computed: the last one, whose logits are wanted.
    let positions = zip(use.positions, prompts).map { min(max($0, 0), $1.ids.count - 1) }
    store = use.store
    self.prefixes = prefixes
    self.target = target
    keepsLastStage = target == model.configuration.decoder.layers
    self.positions = positions
    stage =
      (0...target).last { stage in
        zip(prefixes, positions).allSatisfy { $0.holds(stage, from: $1) }
      } ?? 0
  }

  /// Fills in what the run does not compute.
  ///
  /// - Parameter stream: the pass's residual stream.
  func load(into stream: UnsafeMutablePointer<Float>, width: Int, _ cache: KeyValueCache, layers: Int, _ spans: [Span])
  {
    for (prefix, span) in zip(prefixes, spans) {
      prefix.copyStream(stage, from: span.position, to: stream + span.rows.lowerBound * width)
      for layer in 0..<layers {
        let count = layer < stage ? prefix.count : span.position
        prefix.copyKeysAndValues(layer, count: count, to: cache, firstKey: span.firstKey)
      }
    }
  }

  /// Keeps the stream that the run has computed on its way to the first edit.
  func reached(_ stage: Int, _ stream: UnsafeMutablePointer<Float>, width: Int, _ spans: [Span]) {
    guard stage == target, stage > self.stage else { return }
    for (prefix, span) in zip(prefixes, spans) where !prefix.holds(stage, from: span.position) {
      let rows = stream + span.rows.lowerBound * width
      store.keep(
        Prefix.Stream(rows, count: span.rows.count, width: width, from: span.position), stage: stage, of: prefix)
    }
  }
}

extension Model {
  /// Runs prompts without edits and keeps what steered runs start from.
  ///
  /// - Parameter stage: of which the stream is kept beside the embeddings'.
  func prefixes(
    of prompts: [Prompt], stage: Int, _ control: RunControl
  ) throws -> [Prefix] {
    try Run(self, prompts, extra: 0, listener: nil, control: control).prefixes(stage: stage)
  }
}
