import Tensors

/// Matrices are variables of two axes, named in the call: `rows` index equations or samples, `columns` unknowns or features.
extension Variable {
  /// x with self · x = b.
  ///
  /// ∂b = A⁻ᵀ·g, ∂A = −∂b·xᵀ
  ///
  /// - Parameter b: `[rows, …]`.
  /// - Returns: `[columns, …]`.
  public func solve(_ b: Variable, rows: String, columns: String) throws -> Variable {
    let (a, right, needsA, needsB) = (value, b.value, isTracked, b.isTracked)
    let x = try a.solve(right, rows: rows, columns: columns)
    return Variable.record(.solve, x, from: [self, b]) { g in
      let passed = try a.solve(g, rows: columns, columns: rows)
      let others = right.shape.names.filter { $0 != rows }
      return [
        needsA ? try passed.contract(x, over: others).negated().reorder(a.shape.names) : nil,
        needsB ? try passed.reorder(right.shape.names) : nil,
      ]
    }
  }

  /// ∂A = −A⁻ᵀ·g·A⁻ᵀ
  ///
  /// - Returns: `[columns, rows]`.
  public func inverse(rows: String, columns: String) throws -> Variable {
    let (names, y) = (shape.names, try value.inverse(rows: rows, columns: columns))
    return Variable.record(.inverse, y, from: [self]) { g in
      let (y, g) = (try y.matrix("c", "r"), try g.matrix("c'", "r'"))
      let product = try y.rename("c", to: "c'").contract(g).contract(y.rename("r", to: "r'")).negated()
      return [try product.reorder(["r", "c"]).matrix(rows, columns).reorder(names)]
    }
  }

  /// ∂A = g·det A·A⁻ᵀ
  ///
  /// - Throws: in the backward pass `ShapeError.notSolvable` for a singular matrix.
  public func determinant(rows: String, columns: String) throws -> Variable {
    let (a, y) = (value, try value.determinant(rows: rows, columns: columns))
    return Variable.record(.determinant, y, from: [self]) { g in
      [try a.inverse(rows: rows, columns: columns).multiplying(g.multiplying(y)).reorder(a.shape.names)]
    }
  }

  /// self = q · r with orthonormal columns in q and r upper triangular, its diagonal not negative.
  ///
  /// - Returns: q `[rows, component]`, r `[component, columns]`, with min(rows, columns) components.
  public func qr(
    rows: String, columns: String, into component: String = "component"
  ) throws -> (q: Variable, r: Variable) {
    let (a, (q, r)) = (value, try value.qr(rows: rows, columns: columns, into: component))
    func output(_ tensor: Tensor, _ gradient: @escaping (Tensor, Factors) throws -> Tensor) -> Variable {
      Variable.record(.qr, tensor, from: [self]) { g in
        let factors = Factors(
          a: try a.reorder([rows, columns]).matrix("m", "n"), q: try q.matrix("m", "k"), r: try r.matrix("k", "n"))
        return [try gradient(g, factors).matrix(rows, columns).reorder(a.shape.names)]
      }
    }
    return (
      output(q) { try $1.gradient(q: $0.matrix("m", "k"), r: nil) },
      output(r) { try $1.gradient(q: nil, r: $0.matrix("k", "n")) }
    )
  }
}

/// A matrix A `[m, n]` = Q `[m, k]` · R `[k, n]`.
struct Factors {
  let a: Tensor, q: Tensor, r: Tensor

  /// The gradient of A (Walter and Lehmann 2012, "On evaluating higher-order derivatives of the QR decomposition of tall
  /// matrices"; Liao et al. 2019, "Differentiable programming tensor networks").
  func gradient(q gradientQ: Tensor?, r gradientR: Tensor?) throws -> Tensor {
    let (m, n) = (a.axes[0].size, a.axes[1].size)
    guard m < n else { return try tall(r, gradientQ, gradientR) }
    // A = [X, Y] with X square: X = Q·U, and V = Qᵀ·Y gives Q another part of its gradient.
    let (first, rest) = (Selection.range(0..<m), Selection.range(m..<n))
    var passed = gradientQ
    if let gradientR {
      let more = try a.select("n", rest).contract(gradientR.select("n", rest), over: ["n"])
      passed = try passed.map { try $0.adding(more) } ?? more
    }
    let x = try tall(r.select("n", first), passed, gradientR?.select("n", first))
    let y = try gradientR.map { try q.contract($0.select("n", rest), over: ["k"]) }
    return try Tensor.concat([x, y ?? x.zeros(Shape([a.axes[0], Axis("n", n - m)]))], along: "n")
  }

  /// (gQ + Q·C)·R⁻ᵀ, where C is symmetric with the lower triangle of R·gRᵀ − gQᵀ·Q.
  private func tall(_ r: Tensor, _ gradientQ: Tensor?, _ gradientR: Tensor?) throws -> Tensor {
    let fromR = try gradientR.map { try r.contract($0.rename("k", to: "j"), over: ["n"]) }
    let fromQ = try gradientQ.map { try $0.contract(q.rename("k", to: "j"), over: ["m"]).negated() }
    guard let lower = try fromR.map({ r in try fromQ.map { try r.adding($0) } ?? r }) ?? fromQ else { return a }
    let mirrored = try lower.lowerTriangle("k", "j", diagonal: -1).reorder(["j", "k"]).matrix("k", "j")
    let symmetric = try lower.lowerTriangle("k", "j").adding(mirrored)
    let across = try q.contract(symmetric).rename("j", to: "k")
    let right = try gradientQ.map { try $0.adding(across) } ?? across
    do {
      return try r.solveTriangular(right, rows: "k", columns: "n", upper: true).reorder(["m", "n"])
    } catch {
      throw AutodiffError.noDerivative(
        operation: "qr", advice: "where the first columns depend on each other; keep the matrix away from there")
    }
  }
}

extension Tensor {
  /// A matrix with its axes called `rows` and `columns` in their order.
  func matrix(_ rows: String, _ columns: String) throws -> Tensor {
    try reshape([Axis(rows, axes[0].size), Axis(columns, axes[1].size)])
  }
}
