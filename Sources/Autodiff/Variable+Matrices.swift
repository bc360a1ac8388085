import Tensors

/// Parts of matrices, along two named axes of any tensor.
extension Variable {
  /// The elements whose two positions agree; the pair of axes becomes one, `name`, which comes last.
  public func diagonal(_ rows: String, _ columns: String, into name: String) throws -> Variable {
    let shape = shape
    return Variable.record(.diagonal, try value.diagonal(rows, columns, into: name), from: [self]) { g in
      let (i, j) = (try shape.position(of: rows, for: "diagonal"), try shape.position(of: columns, for: "diagonal"))
      // Spread along the rows, then kept on the diagonal.
      let kept = Selection.range(0..<min(shape.axes[i].size, shape.axes[j].size))
      let spread = try g.zeros(Shape(shape.axes.filter { $0.name != columns }))
        .put(g.rename(name, to: rows), at: kept, along: rows)
      let on = try Tensor.eye(shape.axes[i], shape.axes[j]).to(.bool)
      return [try on.choose(spread, else: g.constant(0)).reorder(shape.names)]
    }
  }

  /// Elements with column − row ≤ `diagonal`; 0 elsewhere.
  public func lowerTriangle(_ rows: String, _ columns: String, diagonal: Int = 0) throws -> Variable {
    let y = try value.lowerTriangle(rows, columns, diagonal: diagonal)
    return Variable.record(.lowerTriangle, y, from: [self]) {
      [try $0.lowerTriangle(rows, columns, diagonal: diagonal)]
    }
  }

  /// Elements with column − row ≥ `diagonal`; 0 elsewhere.
  public func upperTriangle(_ rows: String, _ columns: String, diagonal: Int = 0) throws -> Variable {
    let y = try value.upperTriangle(rows, columns, diagonal: diagonal)
    return Variable.record(.upperTriangle, y, from: [self]) {
      [try $0.upperTriangle(rows, columns, diagonal: diagonal)]
    }
  }
}
