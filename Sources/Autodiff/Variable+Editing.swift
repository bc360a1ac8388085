import Tensors

/// What edits of activations need beside the tensors' own operations.
extension Variable {
  /// The share of a change: x + α (y − x) with `self` for x, and x to the bit where y is equal to it, infinities included.
  ///
  /// - Parameters:
  ///   - changed: y, of this shape.
  ///   - share: α, a constant: a number, or one for each position of some axes.
  public func blend(_ changed: Variable, share: Tensor) throws -> Variable {
    let (x, y) = (value, changed.value)
    let mixed = try x.adding(y.subtracting(x).multiplying(share))
    let value = try x.equal(y).choose(x, else: mixed).reorder(shape.names)
    return Variable.record(.blend, value, from: [self, changed]) { g in
      let changed = try g.multiplying(share)
      return [try g.subtracting(changed), changed]
    }
  }

  /// The same function computed in another order: these numbers, and this variable's derivative.
  ///
  /// - Parameter value: of this shape, equal but for rounding.
  public func stating(_ value: Tensor) -> Variable {
    precondition(value.shape == shape, "a function has one shape, however it is computed")
    return Variable.record(.stating, value, from: [self]) { [$0] }
  }
}
