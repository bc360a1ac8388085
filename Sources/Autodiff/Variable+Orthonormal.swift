import Tensors

/// Matrices whose vectors along one axis are orthonormal, as functions of any matrix.
extension Variable {
  /// The vectors along `name` made orthonormal one after the other.
  public func orthonormalRowsByQR(over name: String) throws -> Variable {
    let (x, y) = (value, try value.orthonormalRowsByQR(over: name))
    return Variable.record(.orthonormalRowsByQR, y, from: [self]) { g in
      let count = x.axes.first { $0.name != name }?.name ?? name
      let (q, r) = try x.qr(rows: name, columns: count, into: name + " of q")
      let factors = Factors(
        a: try x.reorder([name, count]).matrix("m", "n"), q: try q.matrix("m", "k"), r: try r.matrix("k", "n"))
      let passed = try factors.gradient(q: g.reorder([name, count]).matrix("m", "k"), r: nil)
      return [try passed.matrix(name, count).reorder(x.shape.names)]
    }
  }

  /// A product of Householder reflections, one for each vector along `name`. The entries up to the diagonal get no
  /// gradient: those before it have no influence, those on it give signs.
  ///
  /// - Parameter start: as `Tensor` takes it.
  public func orthonormalRowsByHouseholder(over name: String, from start: Tensor? = nil) throws -> Variable {
    let (x, y) = (value, try value.orthonormalRowsByHouseholder(over: name, from: start))
    return Variable.record(.orthonormalRowsByHouseholder, y, from: [self]) {
      [try x.householderGradient($0, over: name, from: start)]
    }
  }
}
