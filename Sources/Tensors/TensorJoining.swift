/// Several tensors into one.
extension Tensor {
  /// End to end along an axis that all have; their other axes agree (in any order, the first's is kept). Labels stay if the
  /// first tensor's do; those of the joined axis are dropped.
  public static func concat(_ tensors: [Tensor], along name: String) throws(ShapeError) -> Tensor {
    guard let first = tensors.first else {
      throw .badArgument(operation: "concat", argument: "no tensors", expected: "one or more")
    }
    let position = try first.shape.position(of: name, for: "concat")
    if tensors.count == 1 { return first }
    let types = tensors.map(\.dtype)
    let dtype = types.allSatisfy { $0 == first.dtype } ? first.dtype : types.contains(.f64) ? .f64 : .f32
    var parts: [Tensor] = []
    for tensor in tensors {
      let at = try tensor.shape.position(of: name, for: "concat")
      let expected = first.shape.replacing(position, with: Axis(name, tensor.axes[at].size))
      let same = try expected.broadcast(with: tensor.shape, operation: "concat")
      if same.rank != expected.rank || tensor.shape.rank != expected.rank {
        throw .mismatch(operation: "concat along \(name)", expected: "the axes of \(first.shape)", found: tensor.shape)
      }
      parts.append(tensor.to(dtype).aligned(to: expected))
    }
    let total = parts.reduce(0) { $0 + $1.axes[position].size }
    let result = try Shape.checked(
      first.shape.replacing(position, with: Axis(name, total)).axes, operation: "concat")
    let outer = first.axes[..<position].reduce(1) { $0 * $1.size }
    let storage = Storage(byteCount: result.count * dtype.byteCount)
    let row = outer == 0 ? 0 : result.count * dtype.byteCount / outer
    var offset = 0
    for part in parts {
      let bytes = outer == 0 ? 0 : part.count * dtype.byteCount / outer
      part.withUnsafeBytes { source in
        guard let base = source.baseAddress, bytes > 0 else { return }
        for o in 0..<outer {
          (storage.pointer + o * row + offset).copyMemory(from: base + o * bytes, byteCount: bytes)
        }
      }
      offset += bytes
    }
    return Tensor(shape: result, dtype: dtype, storage: storage)
  }

  /// Side by side along a new outermost axis; all have the same axes.
  public static func stack(_ tensors: [Tensor], into axis: String) throws(ShapeError) -> Tensor {
    guard let first = tensors.first else {
      throw .badArgument(operation: "stack", argument: "no tensors", expected: "one or more")
    }
    var parts: [Tensor] = []
    for tensor in tensors {
      if tensor.shape.rank != first.shape.rank {
        throw .mismatch(operation: "stack", expected: "\(first.shape) like the first", found: tensor.shape)
      }
      _ = try first.shape.broadcast(with: tensor.shape, operation: "stack")
      parts.append(try tensor.expand(Axis(axis, 1)))
    }
    return try concat(parts, along: axis)
  }
}
