import Tensors

extension Model {
  /// The scores of every token for hidden states of the decoder: the last norm, then the output layer with its cap, if it has one. At the last
  /// block's output these are the logits; at earlier blocks' what nostalgebraist (2020) calls the logit lens.
  ///
  /// - Parameter hidden: `[…, model]`, any axes before the last.
  /// - Returns: `[…, vocab]`
  /// - Throws: `ShapeError` for another width.
  public func unembed(_ hidden: Tensor) throws -> Tensor {
    let width = configuration.decoder.block.width
    let vocabulary = configuration.decoder.vocabulary
    guard let last = hidden.axes.last, last.size == width else {
      throw ShapeError.mismatch(
        operation: "unembed", expected: "hidden states whose last axis has the decoder's width \(width)",
        found: hidden.shape)
    }
    let rows = hidden.count / width
    let normed = Buffer(hidden.count)
    let shape = try Shape.checked(hidden.axes.dropLast() + [Axis("vocab", vocabulary)], operation: "unembed")
    return Tensor(shape) { out in
      hidden.to(.f32).withFloats { values in
        guard rows > 0, let from = values.baseAddress, let to = out.baseAddress else { return }
        decoder.norm.apply(normed.pointer, from, rows: rows)
        decoder.score(to, normed.pointer, rows: rows)
      }
    }
  }
}
