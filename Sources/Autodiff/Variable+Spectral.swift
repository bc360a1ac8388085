import Tensors

/// Singular values and eigenvalues with their vectors. Vectors have a derivative where no two of the values are equal.
extension Variable {
  /// self = u · diag(s) · v, economy size, singular values falling.
  ///
  /// - Returns: u `[rows, component]`, s `[component]`, v `[component, columns]`, with min(rows, columns) components.
  public func svd(
    rows: String, columns: String, into component: String = "component"
  ) throws -> (u: Variable, s: Variable, v: Variable) {
    let (names, (u, s, v)) = (shape.names, try value.svd(rows: rows, columns: columns, into: component))
    func output(_ tensor: Tensor, _ gradient: @escaping (Tensor, SingularFactors) throws -> Tensor) -> Variable {
      Variable.record(.svd, tensor, from: [self]) { g in
        let factors = SingularFactors(
          u: try u.matrix("m", "k"), s: try s.rename(component, to: "k"), v: try v.matrix("k", "n"))
        return [try gradient(g, factors).matrix(rows, columns).reorder(names)]
      }
    }
    return (
      output(u) { try $1.gradient(u: $0.matrix("m", "k")) },
      output(s) { try $1.gradient(s: $0.rename(component, to: "k")) },
      output(v) { try $1.gradient(v: $0.matrix("k", "n")) }
    )
  }

  /// Eigenvalues, rising, and eigenvectors of a symmetric matrix, of which the mean with its transpose is taken.
  ///
  /// With V the vectors as columns: ∂A = V·(diag(g) or (Vᵀg)ᵢⱼ/(λⱼ − λᵢ))·Vᵀ, made symmetric.
  ///
  /// - Returns: values `[component]`, vectors `[component, columns]`.
  public func eigh(
    rows: String, columns: String, into component: String = "component"
  ) throws -> (values: Variable, vectors: Variable) {
    let (names, (values, vectors)) = (shape.names, try value.eigh(rows: rows, columns: columns, into: component))
    func output(_ tensor: Tensor, _ inner: @escaping (Tensor, Tensor, Tensor) throws -> Tensor) -> Variable {
      Variable.record(.eigh, tensor, from: [self]) { g in
        let (v, l) = (try vectors.matrix("k", "n"), try values.rename(component, to: "k"))
        // [k, j] → Vᵀ·inner·V
        let outer = try v.contract(inner(g, v, l)).contract(v.matrix("j", "m"), over: ["j"])
        let both = try outer.adding(outer.reorder(["m", "n"]).matrix("n", "m")).times(0.5)
        return [try both.matrix(rows, columns).reorder(names)]
      }
    }
    return (
      output(values) { g, v, _ in
        try Tensor.eye(v.axes[0], Axis("j", v.axes[0].size)).multiplying(g.rename(component, to: "k"))
      },
      output(vectors) { g, v, l in
        try v.contract(g.matrix("j", "n"), over: ["n"]).overDifferences(l)
      }
    )
  }
}

/// A `[m, n]` = U `[m, k]` · diag(S) · V `[k, n]`.
private struct SingularFactors {
  let u: Tensor, s: Tensor, v: Tensor

  /// The gradient of A (Townsend 2016, "Differentiating the singular value decomposition"): U·diag(g)·V for the values.
  func gradient(s gradient: Tensor) throws -> Tensor { try u.multiplying(gradient).contract(v, over: ["k"]) }

  /// U·((UᵀG − GᵀU)/E · S)·V + (G − U·UᵀG)·S⁻¹·V, Eᵢⱼ = sⱼ² − sᵢ².
  func gradient(u gradient: Tensor) throws -> Tensor {
    let product = try u.contract(gradient.rename("k", to: "j"), over: ["m"])
    let turned = try product.skew().overDifferences(s.square()).multiplying(s.rename("k", to: "j"))
    let inside = try u.contract(turned, over: ["k"]).contract(v.rename("k", to: "j"), over: ["j"])
    let outside = try gradient.subtracting(u.contract(product, over: ["k"]).rename("j", to: "k"))
    return try inside.adding(outside.dividing(s).contract(v, over: ["k"]))
  }

  /// U·(S·(VGᵀ − GVᵀ)/E)·V + U·S⁻¹·(G − GVᵀ·V).
  func gradient(v gradient: Tensor) throws -> Tensor {
    let product = try v.contract(gradient.rename("k", to: "j"), over: ["n"])
    let turned = try product.skew().overDifferences(s.square()).multiplying(s)
    let inside = try u.contract(turned, over: ["k"]).contract(v.rename("k", to: "j"), over: ["j"])
    let outside = try gradient.subtracting(product.contract(v, over: ["k"]).rename("j", to: "k"))
    return try inside.adding(u.dividing(s).contract(outside, over: ["k"]))
  }
}

extension Tensor {
  /// This matrix `[k, j]` less its transpose.
  fileprivate func skew() throws -> Tensor { try subtracting(reorder(["j", "k"]).matrix("k", "j")) }

  /// This matrix `[k, j]` over the differences vⱼ − vₖ of values `[k]`; 0 on the diagonal.
  fileprivate func overDifferences(_ values: Tensor) throws -> Tensor {
    let zero = constant(0).aligned(to: shape)
    let differences = try zero.adding(values.rename("k", to: "j")).subtracting(values)
    let off = try Tensor.eye(axes[0], axes[1]).equal(Tensor(0))
    return try off.choose(dividing(differences), else: zero)
  }
}
