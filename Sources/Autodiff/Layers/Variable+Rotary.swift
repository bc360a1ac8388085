import Tensors

extension Variable {
  /// Rotary position embedding with halves paired: of `[row, head, feature]`, elements j and j + pairs of every head turn by
  /// the row's angle for j. With the bits of a model's rotation; the derivative turns back.
  ///
  /// - Parameters:
  ///   - cosine: `[row, pair]`; at most half as many pairs as features, the features beyond stay.
  ///   - sine: likewise.
  public func rotary(cosine: Tensor, sine: Tensor) throws -> Variable {
    guard shape.rank == 3 else {
      throw ShapeError.mismatch(operation: "rotary", expected: "the axes row, head and feature", found: shape)
    }
    for (name, table) in [("cosine", cosine), ("sine", sine)] {
      guard table.shape.rank == 2, table.axes[0].size == axes[0].size, 2 * table.axes[1].size <= axes[2].size,
        table.shape.sizes == cosine.shape.sizes
      else {
        throw ShapeError.mismatch(
          operation: "rotary",
          expected: "a \(name) [row, pair] of \(axes[0].size) rows and at most \(axes[2].size / 2) pairs",
          found: table.shape)
      }
    }
    let size = RotarySize(
      rows: axes[0].size, heads: axes[1].size, feature: axes[2].size, pairs: cosine.axes[1].size)

    func turned<Number: LayerNumber>(_: Number.Type) -> Variable {
      let (x, c, s) = (value.to(Number.dtype), cosine.to(Number.dtype), sine.to(Number.dtype))
      let y = Fresh<Number>(shape)
      withExtendedLifetime((x, c, s)) {
        Number.rotary(y.pointer, x.elements(Number.self), c.elements(Number.self), s.elements(Number.self), size)
      }
      let shape = shape
      return Variable.record(.rotary, y.tensor, from: [self]) { gradient in
        let g = gradient.to(Number.dtype)
        let dx = Fresh<Number>(shape)
        withExtendedLifetime((g, c, s)) {
          Number.rotaryBackward(
            dx.pointer, g.elements(Number.self), c.elements(Number.self), s.elements(Number.self), size)
        }
        return [dx.tensor]
      }
    }
    return turned(kernels(for: [self]))
  }
}
