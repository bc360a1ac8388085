/// The reverse of broadcasting and of selecting: many elements added into the places they came from.
extension Tensor {
  /// The sum over the axes that `target` lacks, in the order of its axes: what flows back to an operand that was broadcast.
  ///
  /// - Throws: `mismatch` if this tensor lacks one of the axes of `target`; `sizesDiffer`.
  public func summed(to target: Shape) throws(ShapeError) -> Tensor {
    for axis in target.axes {
      guard let own = shape.index(of: axis.name) else {
        throw .mismatch(operation: "summed", expected: "a tensor with the axes of \(target)", found: shape)
      }
      if axes[own].size != axis.size {
        throw .sizesDiffer(operation: "summed", axis: axis.name, left: shape, right: target)
      }
    }
    let away = shape.names.filter { target.index(of: $0) == nil }
    return try (away.isEmpty ? self : sum(over: away)).aligned(to: target)
  }

  /// Zeros of a shape with this tensor's elements added where `select(name, selection)` found them.
  ///
  /// - Parameter target: the shape of the tensor selected from.
  public func scattered(
    at selection: Selection, along name: String, into target: Shape
  ) throws(ShapeError) -> Tensor {
    try Tensor.zeros(target.axes, dtype: .computed(dtype)).add(self, at: selection, along: name)
  }

  /// Zeros of a shape with this tensor's elements added where `take(indices, along: name)` found them; sums run in the order
  /// of this tensor's elements, in double precision.
  ///
  /// - Parameters:
  ///   - indices: as given to `take`; i64.
  ///   - target: the shape of the tensor taken from.
  public func scattered(_ indices: Tensor, along name: String, into target: Shape) throws(ShapeError) -> Tensor {
    let position = try target.position(of: name, for: "scattered")
    let axis = target.axes[position]
    let others = target.dropping([position])
    let taken = try others.broadcast(with: indices.shape, operation: "scattered")
    let given = try taken.broadcast(with: shape, operation: "scattered")
    if given.rank != taken.rank || shape.rank != taken.rank {
      throw .mismatch(operation: "scattered", expected: "the axes of \(taken)", found: shape)
    }
    var places: [Int] = []
    for index in try indices.integers("scattered") { places.append(try resolve(index, axis, for: "scattered")) }
    let (own, picks) = (target.strides, indices.shape.strides)
    let steps = axes.map { axis in target.index(of: axis.name).map { $0 == position ? 0 : own[$0] } ?? 0 }
    let pickSteps = axes.map { axis in indices.shape.index(of: axis.name).map { picks[$0] } ?? 0 }
    let sums = Tensor(target, of: Double.self) { out in
      out.update(repeating: 0)
      withElements(as: Double.self) { values in
        for flat in values.indices {
          var (rest, to, pick) = (flat, 0, 0)
          for i in axes.indices.reversed() {
            let digit = rest % axes[i].size
            rest /= axes[i].size
            to += digit * steps[i]
            pick += digit * pickSteps[i]
          }
          out[to + places[pick] * own[position]] += values[flat]
        }
      }
    }
    return sums.to(.computed(dtype))
  }
}
