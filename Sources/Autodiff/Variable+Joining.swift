import Tensors

/// Several tensors into one.
extension Variable {
  /// End to end along an axis that all have.
  public static func concat(_ variables: [Variable], along name: String) throws -> Variable {
    let (shapes, needed) = (variables.map(\.shape), variables.map(\.isTracked))
    return record(.concat, try Tensor.concat(variables.map(\.value), along: name), from: variables) { g in
      var start = 0
      return try zip(shapes, needed).map { shape, needed in
        let range = start..<start + shape.axes[try shape.position(of: name, for: "concat")].size
        start = range.upperBound
        return needed ? try g.select(name, .range(range)).reorder(shape.names) : nil
      }
    }
  }

  /// Side by side along a new outermost axis; all have the same axes.
  public static func stack(_ variables: [Variable], into axis: String) throws -> Variable {
    let (shapes, needed) = (variables.map(\.shape), variables.map(\.isTracked))
    return record(.stack, try Tensor.stack(variables.map(\.value), into: axis), from: variables) { g in
      try shapes.indices.map { needed[$0] ? try g.select(axis, .index($0)).reorder(shapes[$0].names) : nil }
    }
  }
}
