import Tensors

/// Operations without a derivative: they take constants only.
extension Variable {
  /// - Throws: `AutodiffError.noDerivative` for a variable that a gradient is to pass through.
  public func constant(for operation: String, advice: String) throws -> Tensor {
    if isTracked { throw AutodiffError.noDerivative(operation: operation, advice: advice) }
    return value
  }

  public func principalComponents(over samples: String, count: Int? = nil) throws -> PrincipalComponents {
    try constant(for: "principalComponents", advice: "take the svd of the points less their mean")
      .principalComponents(over: samples, count: count)
  }

  public func lstsq(_ b: Variable, rows: String, columns: String) throws -> (x: Tensor, rank: Int) {
    let advice = "solve the normal equations, or detach what needs no gradient"
    return try constant(for: "lstsq", advice: advice)
      .lstsq(b.constant(for: "lstsq", advice: advice), rows: rows, columns: columns)
  }

  public func eigenvalues(
    rows: String, columns: String, into component: String = "component"
  ) throws -> (real: Tensor, imaginary: Tensor) {
    try constant(for: "eigenvalues", advice: "eigh has one, for symmetric matrices")
      .eigenvalues(rows: rows, columns: columns, into: component)
  }

  public func countNonFinite(over names: [String]? = nil) throws -> Variable {
    Variable(try value.countNonFinite(over: names))
  }
}
