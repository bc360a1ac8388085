import Tensors

/// Arithmetic by element, axes matched by name as `Tensor` does.
extension Variable {
  public static func + (a: Variable, b: Variable) throws -> Variable {
    let (shapeA, shapeB) = (a.shape, b.shape)
    return record(.add, try a.value.adding(b.value), from: [a, b]) { g in
      [try g.gathered(to: shapeA), try g.gathered(to: shapeB)]
    }
  }

  public static func - (a: Variable, b: Variable) throws -> Variable {
    let (shapeA, shapeB) = (a.shape, b.shape)
    return record(.subtract, try a.value.subtracting(b.value), from: [a, b]) { g in
      [try g.gathered(to: shapeA), try g.negated().gathered(to: shapeB)]
    }
  }

  public static func * (a: Variable, b: Variable) throws -> Variable {
    let (x, y, needsA, needsB) = (a.value, b.value, a.isTracked, b.isTracked)
    return record(.multiply, try x.multiplying(y), from: [a, b]) { g in
      [
        needsA ? try g.multiplying(y).gathered(to: x.shape) : nil,
        needsB ? try g.multiplying(x).gathered(to: y.shape) : nil,
      ]
    }
  }

  /// ∂(a/b) = g/b, −g·a/b²
  public static func / (a: Variable, b: Variable) throws -> Variable {
    let (x, y, needsA, needsB) = (a.value, b.value, a.isTracked, b.isTracked)
    return record(.divide, try x.dividing(y), from: [a, b]) { g in
      let share = try g.dividing(y)
      return [
        needsA ? try share.gathered(to: x.shape) : nil,
        needsB ? try share.multiplying(x).dividing(y).negated().gathered(to: y.shape) : nil,
      ]
    }
  }
}

extension Tensor {
  /// The reverse of broadcasting: summed over the axes that `shape` lacks, in its order.
  func gathered(to shape: Shape) throws -> Tensor {
    if self.shape == shape { return self }
    let extra = self.shape.names.filter { shape.index(of: $0) == nil }
    let sum = extra.isEmpty ? self : try self.sum(over: extra)
    return sum.shape.names == shape.names ? sum : try sum.reorder(shape.names)
  }
}
