import Tensors

/// Comparisons are constants wherever they have a derivative.
extension Variable {
  public func equal(_ other: Variable) throws -> Variable { Variable(try value.equal(other.value)) }
  public func notEqual(_ other: Variable) throws -> Variable { Variable(try value.notEqual(other.value)) }
  public func less(_ other: Variable) throws -> Variable { Variable(try value.less(other.value)) }
  public func lessOrEqual(_ other: Variable) throws -> Variable { Variable(try value.lessOrEqual(other.value)) }
  public func greater(_ other: Variable) throws -> Variable { Variable(try value.greater(other.value)) }
  public func greaterOrEqual(_ other: Variable) throws -> Variable { Variable(try value.greaterOrEqual(other.value)) }
  public func isNaN() -> Variable { Variable(value.isNaN()) }
  public func isFinite() -> Variable { Variable(value.isFinite()) }
  public func isInfinite() -> Variable { Variable(value.isInfinite()) }
  public func and(_ other: Variable) throws -> Variable { Variable(try value.and(other.value)) }
  public func or(_ other: Variable) throws -> Variable { Variable(try value.or(other.value)) }
  public func not() throws -> Variable { Variable(try value.not()) }
  public func any(over names: [String]? = nil) throws -> Variable { Variable(try value.any(over: names)) }
  public func all(over names: [String]? = nil) throws -> Variable { Variable(try value.all(over: names)) }

  /// Elements of `yes` where this mask holds, of `no` elsewhere; each gets the gradient of what was taken from it.
  public func choose(_ yes: Variable, else no: Variable) throws -> Variable {
    let (mask, a, b, needsA, needsB) = (value, yes.value, no.value, yes.isTracked, no.isTracked)
    return Variable.record(.choose, try mask.choose(a, else: b), from: [yes, no]) { g in
      [
        needsA ? try mask.choose(g, else: g.constant(0)).gathered(to: a.shape) : nil,
        needsB ? try mask.choose(g.constant(0), else: g).gathered(to: b.shape) : nil,
      ]
    }
  }
}
