import Tensors

extension Variable {
  /// Σ weight·(log Σ eˣ − x[target]) over the rows of `[row, vocab]`; see `crossEntropies`.
  ///
  /// - Returns: a number.
  public func crossEntropy(targets: [Int], weights: [Float]? = nil) throws -> Variable {
    try crossEntropies(targets: targets, weights: weights).sum()
  }

  /// weight·(log Σ eˣ − x[target]) of each row of `[row, vocab]`: the cross entropy of softmax(x) against certainty.
  ///
  /// dx = dloss·weight·(softmax(x) − onehot(target)).
  ///
  /// - Parameters:
  ///   - targets: one for each row.
  ///   - weights: one for each row, all 1 when left out. A row of weight 0 is not read; its target may be anything.
  /// - Returns: `[row]`
  /// - Throws: `ShapeError` when the counts differ or a target is no position of the last axis.
  public func crossEntropies(targets: [Int], weights: [Float]? = nil) throws -> Variable {
    guard shape.rank == 2 else {
      throw ShapeError.mismatch(operation: "crossEntropy", expected: "the axes row and vocab", found: shape)
    }
    let (row, vocab) = (axes[0], axes[1])
    let weights = weights ?? [Float](repeating: 1, count: row.size)
    for (what, count) in [("targets", targets.count), ("weights", weights.count)] where count != row.size {
      throw ShapeError.wrongCount(
        operation: "crossEntropy: \(what) for the rows of \(shape)", expected: row.size, found: count)
    }
    for (target, weight) in zip(targets, weights) where weight != 0 && !(0..<vocab.size).contains(target) {
      throw ShapeError.outOfRange(operation: "crossEntropy", index: target, axis: vocab.name, size: vocab.size)
    }
    let ids = targets.map { Int64($0) }

    func entropies<Number: LayerNumber>(_: Number.Type) -> Variable {
      let x = value.to(Number.dtype)
      let factors = weights.map { Number($0) }
      let losses = Fresh<Number>(Shape([row]))
      withExtendedLifetime(x) {
        Number.crossEntropy(losses.pointer, x.elements(Number.self), ids, factors, vocab: vocab.size)
      }
      return Variable.record(.crossEntropy, losses.tensor, from: [self]) { gradient in
        let g = gradient.to(Number.dtype)
        let dx = Fresh<Number>(x.shape)
        withExtendedLifetime((g, x)) {
          Number.crossEntropyBackward(
            dx.pointer, g.elements(Number.self), x.elements(Number.self), ids, factors, vocab: vocab.size)
        }
        return [dx.tensor]
      }
    }
    return entropies(kernels(for: [self]))
  }
}
