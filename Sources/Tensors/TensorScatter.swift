/// The reverse of taking.
extension Tensor {
  /// A copy with `values` added where `take(indices, along: name)` reads. A position that is read twice is added to twice, in
  /// the order of the values. The result is f64 if either is, and f32 otherwise.
  ///
  /// - Parameter values: of the shape that `take` gives; axes that it lacks repeat.
  public func add(_ values: Tensor, at indices: Tensor, along name: String) throws(ShapeError) -> Tensor {
    let position = try shape.position(of: name, for: "add")
    let axis = axes[position]
    var wanted: [Int] = []
    for index in try indices.integers("add") { wanted.append(try resolve(index, axis, for: "add")) }
    let others = shape.dropping([position])
    _ = try others.broadcast(with: indices.shape, operation: "add")
    let fresh = indices.axes.filter { others.index(of: $0.name) == nil }
    let taken = try Shape.checked(
      Array(axes[..<position]) + fresh + Array(axes[(position + 1)...]), operation: "add")
    if let extra = values.axes.first(where: { taken.index(of: $0.name) == nil }) {
      throw .mismatch(
        operation: "add", expected: "values with axes among \(taken), not \(extra.name)", found: values.shape)
    }
    _ = try taken.broadcast(with: values.shape, operation: "add")
    let (own, picks) = (shape.strides, indices.shape.strides)
    // Innermost axes that the indices do not have are added row by row.
    let outerRank =
      (taken.axes.lastIndex { axis in
        indices.shape.index(of: axis.name) != nil || shape.index(of: axis.name).map { $0 <= position } ?? true
      } ?? -1) + 1
    let outer = Shape(Array(taken.axes[..<outerRank]))
    let inner = taken.axes[outerRank...].reduce(1) { $0 * $1.size }
    let steps = outer.axes.map { axis in shape.index(of: axis.name).map { $0 == position ? 0 : own[$0] } ?? 0 }
    let pickSteps = outer.axes.map { axis in indices.shape.index(of: axis.name).map { picks[$0] } ?? 0 }
    var targets: [Int] = []
    for row in 0..<(inner == 0 ? 0 : outer.count) {
      var (rest, offset, pick) = (row, 0, 0)
      for i in stride(from: outerRank - 1, through: 0, by: -1) {
        let digit = rest % outer.axes[i].size
        rest /= outer.axes[i].size
        offset += digit * steps[i]
        pick += digit * pickSteps[i]
      }
      targets.append(offset + wanted[pick] * own[position])
    }
    let new = values.aligned(to: taken)
    return DType.computed(dtype, values.dtype) == .f64
      ? added(new, targets, inner, Double.self) : added(new, targets, inner, Float.self)
  }

  /// Rows of `width` values, one after the other, added to those that start at `targets`.
  private func added<Element: Real>(
    _ values: Tensor, _ targets: [Int], _ width: Int, _ type: Element.Type
  ) -> Tensor {
    Tensor(shape, of: Element.self) { out in
      withElements(as: Element.self) { _ = out.update(fromContentsOf: $0) }
      values.withElements(as: Element.self) { values in
        for (row, to) in targets.enumerated() {
          for i in 0..<width { out[to + i] += values[row * width + i] }
        }
      }
    }
  }
}
