import Kernels
import Tensors

/// A decoder-only language model: embeddings, a stack of causal blocks, a norm and the output layer.
struct Decoder: Sendable {
  let configuration: DecoderConfiguration
  let embedding: Weight
  /// Learned positions `[position, model]`; nil where there are none.
  let positions: Weight?
  let blocks: [Block]
  let norm: Norm
  let output: Linear
  /// What token embeddings are multiplied by: √width in the type that they are stored in, as models that do so were
  /// trained; nil for 1.
  let embeddingScale: Float?

  init(
    configuration: DecoderConfiguration, embedding: Weight, positions: Weight?, blocks: [Block], norm: Norm,
    output: Linear
  ) {
    self.configuration = configuration
    self.embedding = embedding
    self.positions = positions
    self.blocks = blocks
    self.norm = norm
    self.output = output
    let root = Tensor(Float(configuration.block.width).squareRoot())
    embeddingScale =
      configuration.scalesEmbeddings ? root.to(embedding.stored).to(.f32).withFloats { $0.first } : nil
  }

  /// Writes the embedding of token `id` at `position` to row `row` of the residual stream. What is no token is zero, but
  /// for its learned position.
  func embed(_ id: Int, at position: Int, row: Int, _ pass: Pass) {
    let width = configuration.block.width
    let out = pass.workspace.hidden.pointer + row * width
    if id < 0 {
      out.update(repeating: 0, count: width)
    } else {
      embedding.row(id, width: width, into: out)
      if var scale = embeddingScale { sk_binary(SK_MULTIPLY, out, out, 1, &scale, 0, Int64(width)) }
    }
    guard let positions else { return }
    let added = pass.workspace.added.pointer
    positions.row(position, width: width, into: added)
    sk_binary(SK_ADD, out, out, 1, added, 1, Int64(width))
  }

  /// Runs the blocks over the residual stream: all that somebody looks at, and what the logits that are wanted need.
  ///
  /// Without logits, blocks after the last one with a listener do not run. Where the logits of the last positions are
  /// wanted and nobody looks at others from the last block on, that block runs for the last positions; the pass has one row
  /// for each sequence then, and keys and values are there for all.
  ///
  /// - Parameters:
  ///   - first: the stage that the stream is at: 0 for the embeddings, n for what block n − 1 gave. The listener is shown
  ///     it first.
  ///   - keepsRows: whether the last stage's stream is wanted for all rows.
  ///   - reached: called at each stage, before its stream is shown.
  func forward(
    _ pass: Pass, cache: KeyValueCache, from first: Int = 0, wanted: Run.LogitRows = .all,
    keepsRows: Bool = false, reached: (Int) -> Void = { _ in }
  ) throws {
    let heard = pass.lastHeardStage(of: blocks.count)
    for stage in first...(wanted == .none ? max(first, heard) : blocks.count) {
      if stage > first, stage == blocks.count, wanted == .last, heard < stage || (pass.mayDropRows && !keepsRows) {
        try blocks[stage - 1].runLastRows(pass, layer: stage - 1, cache: cache)
      } else if stage > first {
        try blocks[stage - 1].run(pass, layer: stage - 1, cache: cache)
      }
      reached(stage)
      pass.enter(layer: stage > 0 ? stage - 1 : nil)
      try pass.visit(
        stage > 0 ? .output : .embeddings, rows: pass.workspace.hidden.pointer, width: configuration.block.width)
    }
    pass.enter(layer: nil)
  }

  /// The last norm and the output layer over `rows` of the residual stream.
  ///
  /// - Parameters:
  ///   - stream: `[row, model]`.
  ///   - logits: room for `[row, vocab]`.
  ///   - visits: whether the rows are the pass's own, so that listeners may see them.
  func logits(
    _ stream: UnsafePointer<Float>, rows: Int, into logits: Buffer, _ pass: Pass, visits: Bool
  ) throws {
    let normed = pass.workspace.normed.pointer
    norm.apply(normed, stream, rows: rows)
    if visits { try pass.visit(.norm, rows: normed, width: configuration.block.width) }
    logits.reserve(rows * configuration.vocabulary)
    score(logits.pointer, normed, rows: rows)
    if visits { try pass.visit(.logits, rows: logits.pointer, width: configuration.vocabulary) }
  }

  /// The output layer: `[row, model]` after the last norm to `[row, vocab]`.
  func score(_ logits: UnsafeMutablePointer<Float>, _ normed: UnsafePointer<Float>, rows: Int) {
    output.apply(logits, normed, rows: rows)
    configuration.logitSoftcap.map(Softcap.init)?.apply(logits, count: rows * configuration.vocabulary)
  }
}
