import Tensors

/// A batch of prompts on its way through a model: the prefill once, then one token at a time.
///
/// All buffers are allocated here; a step allocates nothing unless somebody listens.
final class Run {
  /// Which positions get logits.
  enum LogitRows { case none, last, all }

  let model: Model
  let prompts: [Prompt]
  let contexts: RunContexts
  let listening: Listening?
  let control: RunControl
  let pass: Pass
  private let cache: KeyValueCache
  private let logits = Buffer(0)
  /// The last row of each sample, where not all rows get logits.
  private let lastRows: Buffer
  /// The row of `logits` that holds a sample's last position, −1 for none.
  private var logitRow: [Int]
  private let resumption: Resumption?

  /// - Parameters:
  ///   - extra: positions to leave room for after each prompt.
  ///   - resumption: where the run starts; nil for the beginning.
  init(
    _ model: Model, _ prompts: [Prompt], extra: Int, listener: (any SiteListener)?, control: RunControl,
    resumption: Resumption? = nil
  ) throws {
    self.model = model
    self.prompts = prompts
    self.control = control
    self.resumption = resumption
    let contexts = RunContexts(prompts, tokenizer: model.blueprint.tokenizer)
    self.contexts = contexts
    listening = try listener.map { try Listening($0, model.configuration, contexts) }
    let decoder = model.configuration.decoder
    let tokens = prompts.reduce(0) { $0 + $1.ids.count }
    cache = KeyValueCache(decoder, rows: tokens + prompts.count * extra)
    let rows = tokens - (resumption?.positions.reduce(0, +) ?? 0)
    let rotaries = decoder.rotaries.map { Rotary($0, headSize: decoder.block.headSize, rows: rows) }
    pass = Pass(
      .decoder, workspace: Workspace(decoder.block, rows: rows, spans: prompts.count),
      rotaries: rotaries, positions: prompts.map { MultimodalPositions($0.context, decoder) }, control: control,
      listening: listening)
    lastRows = Buffer(prompts.count * decoder.block.width)
    logitRow = [Int](repeating: -1, count: prompts.count)

    var spans: [Span] = []
    var firstKey = 0
    for (sample, prompt) in prompts.enumerated() {
      let start = spans.last?.rows.upperBound ?? 0
      let position = resumption?.positions[sample] ?? 0
      let rows = start..<start + prompt.ids.count - position
      spans.append(Span(sample: sample, rows: rows, position: position, firstKey: firstKey))
      firstKey += prompt.ids.count + extra
      pass.place(rows: rows, at: position, of: sample)
    }
    pass.lay(samples: spans, segments: spans)
  }

  /// Runs the prompts, images included, or what there is to compute of them.
  func prefill(logits rows: LogitRows) throws {
    guard let resumption else {
      try embedPrompts()
      try model.decoder.forward(pass, cache: cache, wanted: rows)
      return try computeLogits(rows)
    }
    let (decoder, hidden) = (model.configuration.decoder, pass.workspace.hidden.pointer)
    resumption.load(into: hidden, width: decoder.block.width, cache, layers: decoder.layers, pass.samples)
    try model.decoder.forward(
      pass, cache: cache, from: resumption.stage, wanted: rows, keepsRows: resumption.keepsLastStage
    ) {
      stage in
      resumption.reached(stage, hidden, width: decoder.block.width, pass.samples)
    }
    try computeLogits(rows)
  }

  private func embedPrompts() throws {
    let features = try projectImages()
    for (span, prompt) in zip(pass.samples, prompts) {
      for (index, id) in prompt.ids.enumerated() {
        model.decoder.embed(id, at: index, row: span.rows.lowerBound + index, pass)
      }
    }
    if let features { place(features) }
  }

  /// Runs the prompts and hands over what steered runs start from: the streams of the embeddings, of `stage`, and of the
  /// last position at the end.
  func prefixes(stage wanted: Int) throws -> [Prefix] {
    try embedPrompts()
    let (decoder, hidden) = (model.configuration.decoder, pass.workspace.hidden.pointer)
    let width = decoder.block.width
    var streams = [[(stage: Int, stream: Prefix.Stream)]](repeating: [], count: prompts.count)
    try model.decoder.forward(pass, cache: cache) { stage in
      guard stage == 0 || stage == wanted || stage == decoder.layers else { return }
      for span in pass.samples {
        let from = stage == 0 || stage == wanted ? 0 : span.rows.count - 1
        let rows = hidden + (span.rows.lowerBound + from) * width
        streams[span.sample].append(
          (stage, Prefix.Stream(rows, count: span.rows.count - from, width: width, from: from)))
      }
    }
    return pass.samples.map { span in Prefix(decoder, cache, span, streams[span.sample]) }
  }

  /// Appends one token to each sample, nil for samples that have ended, and computes what follows it.
  func step(_ ids: [Int?]) throws {
    pass.advance(ids)
    for (span, id) in zip(pass.samples, ids) {
      guard let id, let row = span.rows.first else { continue }
      contexts.append(id, to: span.sample)
      model.decoder.embed(id, at: span.position, row: row, pass)
    }
    try model.decoder.forward(pass, cache: cache)
    try computeLogits(.last)
  }

  /// `[vocab]` for the sample's last position; valid until the next step.
  func lastLogits(_ sample: Int) -> UnsafeMutableBufferPointer<Float> {
    let vocabulary = model.configuration.decoder.vocabulary
    return UnsafeMutableBufferPointer(start: logits.pointer + logitRow[sample] * vocabulary, count: vocabulary)
  }

  /// `[token, vocab]` for all of a sample's positions, after `prefill(logits: .all)`.
  func allLogits(_ sample: Int) -> Tensor {
    let (rows, vocabulary) = (pass.samples[sample].rows, model.configuration.decoder.vocabulary)
    return Tensor(Shape([Axis("token", rows.count), Axis("vocab", vocabulary)])) { out in
      let from = logits.pointer + rows.lowerBound * vocabulary
      out.baseAddress?.update(from: from, count: out.count)
    }
  }

  private func computeLogits(_ rows: LogitRows) throws {
    let visits = pass.wants(.norm) || pass.wants(.logits)
    let hidden = pass.workspace.hidden.pointer
    if rows == .all || visits {
      for span in pass.samples { logitRow[span.sample] = span.rows.upperBound - 1 }
      return try model.decoder.logits(hidden, rows: pass.rows, into: logits, pass, visits: true)
    }
    guard rows == .last else { return }
    let width = model.configuration.decoder.block.width
    for (row, span) in pass.segments.enumerated() {
      logitRow[span.sample] = row
      (lastRows.pointer + row * width).update(from: hidden + (span.rows.upperBound - 1) * width, count: width)
    }
    try model.decoder.logits(lastRows.pointer, rows: pass.segments.count, into: logits, pass, visits: false)
  }
}
