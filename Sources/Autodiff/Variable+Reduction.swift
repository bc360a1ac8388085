import Tensors

/// One number out of many, along named axes or over all of them.
extension Variable {
  public func sum(over names: [String]? = nil) throws -> Variable {
    let shape = shape
    return Variable.record(.sum, try value.sum(over: names), from: [self]) { [$0.aligned(to: shape)] }
  }

  public func mean(over names: [String]? = nil) throws -> Variable {
    let (shape, y) = (shape, try value.mean(over: names))
    let share = Double(y.count) / Double(count)
    return Variable.record(.mean, y, from: [self]) { [try $0.times(share).aligned(to: shape)] }
  }

  /// 2(x − mean)/(n − correction)
  public func variance(over names: [String]? = nil, correction: Int = 0) throws -> Variable {
    let (x, y) = (value, try value.variance(over: names, correction: correction))
    let share = 2 / (Double(x.count) / Double(y.count) - Double(correction))
    return Variable.record(.variance, y, from: [self]) { g in
      [try x.subtracting(x.mean(over: names)).multiplying(g.times(share))]
    }
  }

  /// (x − mean)/((n − correction)·y), 0 where all elements are the same.
  public func standardDeviation(over names: [String]? = nil, correction: Int = 0) throws -> Variable {
    let (x, y) = (value, try value.standardDeviation(over: names, correction: correction))
    let share = 1 / (Double(x.count) / Double(y.count) - Double(correction))
    return Variable.record(.standardDeviation, y, from: [self]) { g in
      [try x.subtracting(x.mean(over: names)).multiplying(g.times(share).orZero(dividedBy: y))]
    }
  }

  /// x/y, 0 at the origin.
  public func norm(over names: [String]? = nil) throws -> Variable {
    let (x, y) = (value, try value.norm(over: names))
    return Variable.record(.norm, y, from: [self]) { [try x.multiplying($0.orZero(dividedBy: y))] }
  }

  /// The product of the other elements.
  public func product(over names: [String]? = nil) throws -> Variable {
    let (x, y) = (value, try value.product(over: names))
    return Variable.record(.product, y, from: [self]) { g in
      let zero = try x.equal(x.constant(0))
      let zeros = try zero.indicator.sum(over: names)
      // With one zero, only that element has a gradient; with more, none.
      let others = try zero.choose(x.constant(1), else: x)
      let nonzero = try g.multiplying(others.product(over: names))
      let alone = try nonzero.multiplying(zeros.equal(Tensor(1)).indicator)
      let none = try nonzero.multiplying(zeros.equal(Tensor(0)).indicator)
      return [try zero.indicator.multiplying(alone).adding(none.dividing(others)).reorder(x.shape.names)]
    }
  }

  /// Equal elements share the gradient.
  public func minimum(over names: [String]? = nil) throws -> Variable {
    try extreme(.minimum, value.minimum(over: names), names)
  }

  /// Equal elements share the gradient.
  public func maximum(over names: [String]? = nil) throws -> Variable {
    try extreme(.maximum, value.maximum(over: names), names)
  }

  private func extreme(_ rule: Rule, _ y: Tensor, _ names: [String]?) throws -> Variable {
    let x = value
    return Variable.record(rule, y, from: [self]) { g in
      let best = try x.equal(y).indicator
      return [try best.multiplying(g.dividing(best.sum(over: names)))]
    }
  }

  /// The softmax.
  public func logSumExp(over names: [String]? = nil) throws -> Variable {
    let (x, y) = (value, try value.logSumExp(over: names))
    return Variable.record(.logSumExp, y, from: [self]) { g in
      // A row of −∞ has weights of 0.
      let finite = try y.isFinite().choose(y, else: y.constant(0))
      return [try x.subtracting(finite).exp().multiplying(g)]
    }
  }

  public func cumulativeSum(over name: String) throws -> Variable {
    let y = try value.cumulativeSum(over: name)
    return Variable.record(.cumulativeSum, y, from: [self]) { g in
      let last = g.axes[try g.shape.position(of: name, for: "cumulativeSum")].size - 1
      let backwards = Selection.list((0...max(last, 0)).reversed().filter { $0 <= last })
      return [try g.select(name, backwards).cumulativeSum(over: name).select(name, backwards)]
    }
  }
}

extension Tensor {
  /// A quotient that is 0 wherever the divisor is.
  func orZero(dividedBy divisor: Tensor) throws -> Tensor {
    try divisor.equal(divisor.constant(0)).choose(constant(0), else: dividing(divisor)).reorder(shape.names)
  }
}
