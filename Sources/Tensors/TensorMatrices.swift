/// Parts of matrices, along two named axes of any tensor.
extension Tensor {
  /// The elements whose two positions agree; the pair of axes becomes one, `name`, which comes last.
  public func diagonal(_ rows: String, _ columns: String, into name: String) throws(ShapeError) -> Tensor {
    let (i, j) = try pair(rows, columns, "diagonal")
    let strides = shape.strides
    let rest = axes.indices.filter { $0 != i && $0 != j }
    let result = try Shape.checked(
      rest.map { axes[$0] } + [Axis(name, min(axes[i].size, axes[j].size))], operation: "diagonal")
    return strided(result, strides: rest.map { strides[$0] } + [strides[i] + strides[j]])
  }

  /// Elements with column − row ≤ `diagonal`; 0 elsewhere.
  public func lowerTriangle(_ rows: String, _ columns: String, diagonal: Int = 0) throws(ShapeError) -> Tensor {
    try triangle(rows, columns, "lowerTriangle") { $1 - $0 <= diagonal }
  }

  /// Elements with column − row ≥ `diagonal`; 0 elsewhere.
  public func upperTriangle(_ rows: String, _ columns: String, diagonal: Int = 0) throws(ShapeError) -> Tensor {
    try triangle(rows, columns, "upperTriangle") { $1 - $0 >= diagonal }
  }

  private func triangle(
    _ rows: String, _ columns: String, _ operation: String, _ keep: (Int, Int) -> Bool
  ) throws(ShapeError) -> Tensor {
    let (i, j) = try pair(rows, columns, operation)
    let (strides, sizes) = (shape.strides, shape.sizes)
    let kept = { (flat: Int) in keep(flat / strides[i] % sizes[i], flat / strides[j] % sizes[j]) }
    return dtype == .f64 ? zeroed(Double.self, except: kept) : zeroed(Float.self, except: kept)
  }

  private func zeroed<Element: Real>(_ type: Element.Type, except keep: (Int) -> Bool) -> Tensor {
    Tensor(shape, of: Element.self) { out in
      withElements(as: Element.self) { x in for flat in out.indices { out[flat] = keep(flat) ? x[flat] : 0 } }
    }
  }

  private func pair(_ rows: String, _ columns: String, _ operation: String) throws(ShapeError) -> (Int, Int) {
    let found = try shape.positions(of: [rows, columns], for: operation)
    return (found[0], found[1])
  }
}
