import Tensors

/// Rows along one axis brought to a common scale.
extension Variable {
  /// y·(g − Σ g·y)
  public func softmax(over name: String) throws -> Variable {
    let y = try value.softmax(over: name)
    return Variable.record(.softmax, y, from: [self]) { g in
      let weighted = try g.multiplying(y)
      return [try weighted.subtracting(y.multiplying(weighted.sum(over: [name])))]
    }
  }

  /// g − eʸ·Σ g
  public func logSoftmax(over name: String) throws -> Variable {
    let y = try value.logSoftmax(over: name)
    return Variable.record(.logSoftmax, y, from: [self]) { g in
      [try g.subtracting(y.exp().multiplying(g.sum(over: [name])))]
    }
  }

  /// Scaled to length 1 along an axis. A row of zeros stays zero and has no gradient.
  public func unit(over name: String) throws -> Variable {
    let (x, y) = (value, try value.unit(over: name))
    return Variable.record(.unit, y, from: [self]) { g in
      let across = try g.subtracting(y.multiplying(g.multiplying(y).sum(over: [name])))
      let length = try x.norm(over: [name])
      return [try across.multiplying(length.constant(1).orZero(dividedBy: length))]
    }
  }

  /// x / √(mean(x²) + ε) · weight along an axis.
  ///
  /// - Parameter weight: `[name]`, or nil for ones.
  public func rmsNorm(over name: String, weight: Variable? = nil, eps: Double = 1e-6) throws -> Variable {
    let y = try value.rmsNorm(over: name, weight: weight?.value, eps: eps)
    return normalized(.rmsNorm, y, name, [weight]) { x in
      let scale = try x.square().mean(over: [name]).plus(eps).sqrt().reciprocal()
      return (try x.multiplying(scale), scale)
    }
  }

  /// (x − mean) / √(variance + ε) · weight + bias along an axis.
  ///
  /// - Parameters:
  ///   - weight: `[name]`, or nil for ones.
  ///   - bias: `[name]`, or nil for zeros.
  public func layerNorm(
    over name: String, weight: Variable? = nil, bias: Variable? = nil, eps: Double = 1e-5
  ) throws -> Variable {
    let y = try value.layerNorm(over: name, weight: weight?.value, bias: bias?.value, eps: eps)
    return normalized(.layerNorm, y, name, [weight, bias]) { x in
      let scale = try x.variance(over: [name]).plus(eps).sqrt().reciprocal()
      return (try x.subtracting(x.mean(over: [name])).multiplying(scale), scale)
    }
  }

  /// A norm whose rows are z·weight + bias.
  ///
  /// With d = g·weight, the gradient is scale·(d − z·mean(d·z)), less its mean where the rows are centred.
  ///
  /// - Parameter rows: z, and the factor that brought the row there.
  private func normalized(
    _ rule: Rule, _ y: Tensor, _ name: String, _ factors: [Variable?],
    rows: @escaping (Tensor) throws -> (z: Tensor, scale: Tensor)
  ) -> Variable {
    let (x, weight, needs) = (value, factors[0]?.value, isTracked)
    let wanted = factors.map { $0?.isTracked ?? false }
    return Variable.record(rule, y, from: [self] + factors.map { $0 ?? Variable(y) }) { g in
      let (z, scale) = try rows(x)
      var passed: [Tensor?] = [nil] + wanted.map { _ in nil }
      if needs {
        let d = try weight.map { try g.multiplying($0) } ?? g
        var across = try d.subtracting(z.multiplying(d.multiplying(z).mean(over: [name])))
        if rule == .layerNorm { across = try across.subtracting(d.mean(over: [name])) }
        passed[0] = try across.multiplying(scale)
      }
      let own = Shape([x.axes[try x.shape.position(of: name, for: rule.rawValue)]])
      if wanted[0] { passed[1] = try g.multiplying(z).gathered(to: own) }
      if wanted.count > 1, wanted[1] { passed[2] = try g.gathered(to: own) }
      return passed
    }
  }
}
