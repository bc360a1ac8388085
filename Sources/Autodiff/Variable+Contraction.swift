import Tensors

/// Sums of products by axis name.
extension Variable {
  /// `a @ b`: sums over the one axis both share. With `over`, those axes are summed over and any other shared axis is
  /// walked in step.
  public func contract(_ other: Variable, over names: [String]? = nil) throws -> Variable {
    let (a, b, needsA, needsB) = (value, other.value, isTracked, other.isTracked)
    let y = try a.contract(b, over: names)
    return Variable.record(.contract, y, from: [self, other]) { g in
      // Each gradient is summed over the axes that only the other operand has; those of both are walked in step.
      let (onlyA, onlyB) = (a.shape.names(notIn: b.shape), b.shape.names(notIn: a.shape))
      return [
        needsA ? try g.contract(b, over: onlyB).reorder(a.shape.names) : nil,
        needsB ? try g.contract(a, over: onlyA).reorder(b.shape.names) : nil,
      ]
    }
  }

  /// The product of all operands, summed over every axis that `names` leaves out; the result's axes in that order.
  public static func einsum(_ operands: [Variable], to names: [String]) throws -> Variable {
    let (values, needed) = (operands.map(\.value), operands.map(\.isTracked))
    return record(.einsum, try Tensor.einsum(values, to: names), from: operands) { g in
      try values.indices.map { place in
        guard needed[place] else { return nil }
        let shape = values[place].shape
        let others = [g] + values.indices.filter { $0 != place }.map { values[$0] }
        // An axis that no other operand has was summed by itself: each of its elements has the same gradient.
        let known = shape.names.filter { name in others.contains { $0.shape.index(of: name) != nil } }
        return try Tensor.einsum(others, to: known).aligned(to: shape)
      }
    }
  }

  /// The cosine of the angle along an axis; 0, and without gradient, where either is all zeros.
  public func cosineSimilarity(_ other: Variable, over name: String) throws -> Variable {
    let (a, b, needsA, needsB) = (value, other.value, isTracked, other.isTracked)
    let y = try a.cosineSimilarity(b, over: name)
    return Variable.record(.cosineSimilarity, y, from: [self, other]) { g in
      let (lengthA, lengthB) = (try a.norm(over: [name]), try b.norm(over: [name]))
      let share = try g.orZero(dividedBy: lengthA.multiplying(lengthB))
      /// b/(|a||b|) − y·a/|a|²
      func gradient(_ x: Tensor, _ length: Tensor, _ other: Tensor) throws -> Tensor {
        let along = try g.multiplying(y).orZero(dividedBy: length.square())
        return try share.multiplying(other).subtracting(along.multiplying(x)).gathered(to: x.shape)
      }
      return [needsA ? try gradient(a, lengthA, b) : nil, needsB ? try gradient(b, lengthB, a) : nil]
    }
  }
}

extension Shape {
  func names(notIn other: Shape) -> [String] { names.filter { other.index(of: $0) == nil } }
}
