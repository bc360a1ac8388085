/// Which positions of an axis to take. Negative positions count from the end.
public enum Selection: Equatable, Sendable {
  /// One position; the axis goes away.
  case index(Int)
  /// Positions first, first + step, … below `end`; nil bounds are the ends of the axis.
  case range(from: Int?, to: Int?, by: Int)
  case list([Int])
  case mask([Bool])

  public static func range(_ range: Range<Int>) -> Selection {
    .range(from: range.lowerBound, to: range.upperBound, by: 1)
  }
}

extension Tensor {
  /// The chosen positions of one axis; labels follow.
  public func select(_ name: String, _ selection: Selection) throws(ShapeError) -> Tensor {
    let position = try shape.position(of: name, for: "select")
    let axis = axes[position]
    if case .index(let index) = selection {
      let at = try resolve(index, axis, for: "select")
      return slice(position, from: at, count: 1).viewed(as: shape.dropping([position]))
    }
    let chosen = try selection.positions(on: axis)
    if let first = chosen.first, chosen == Array(first..<first + chosen.count) {
      return slice(position, from: first, count: chosen.count)
    }
    return taking(chosen, at: position)
  }

  /// The elements of one axis at `indices`, an i64 tensor. Its axes take the place of `name`; an axis that both have is
  /// walked in step, so that each row can take its own positions.
  public func take(_ indices: Tensor, along name: String) throws(ShapeError) -> Tensor {
    let position = try shape.position(of: name, for: "take")
    let axis = axes[position]
    let wanted = try indices.integers("take")
    let others = shape.dropping([position])
    _ = try others.broadcast(with: indices.shape, operation: "take")
    let fresh = indices.axes.filter { others.index(of: $0.name) == nil }
    let labels = axis.labels
    let carried = fresh.map { only in
      fresh.count == 1 && indices.shape.rank == 1 && only.labels == nil
        ? Axis(only.name, only.size, labels: labels?.selecting(wanted.map { $0 < 0 ? $0 + axis.size : $0 })) : only
    }
    var resolved: [Int] = []
    resolved.reserveCapacity(wanted.count)
    for index in wanted { resolved.append(try resolve(index, axis, for: "take")) }
    let result = try Shape.checked(
      Array(axes[..<position]) + carried + Array(axes[(position + 1)...]), operation: "take")
    let own = shape.strides
    let steps = result.axes.map { axis in shape.index(of: axis.name).map { $0 == position ? 0 : own[$0] } ?? 0 }
    let picks = indices.shape.strides
    let pickSteps = result.axes.map { axis in indices.shape.index(of: axis.name).map { picks[$0] } ?? 0 }
    let width = dtype.byteCount
    let storage = Storage(byteCount: result.count * width)
    withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, result.count > 0 else { return }
      let sizes = result.sizes
      inParallel(result.count, grain: 8192) { range in
        for flat in range {
          var (rest, offset, pick) = (flat, 0, 0)
          for i in stride(from: sizes.count - 1, through: 0, by: -1) {
            let digit = rest % sizes[i]
            rest /= sizes[i]
            offset += digit * steps[i]
            pick += digit * pickSteps[i]
          }
          let source = base + (offset + resolved[pick] * own[position]) * width
          (storage.pointer + flat * width).copyMemory(from: source, byteCount: width)
        }
      }
    }
    return Tensor(shape: result, dtype: dtype, storage: storage)
  }

  /// A copy with the chosen positions of one axis replaced by `values`, whose axes match by name; where an axis is missing
  /// from `values` it repeats. The type stays, or is f64 if that of `values` is.
  public func put(_ values: Tensor, at selection: Selection, along name: String) throws(ShapeError) -> Tensor {
    try putting(values, selection, name, "put", adding: false)
  }

  /// A copy with `values` added at the chosen positions of one axis; a position named twice is added to twice.
  public func add(_ values: Tensor, at selection: Selection, along name: String) throws(ShapeError) -> Tensor {
    try putting(values, selection, name, "add", adding: true)
  }

  private func putting(
    _ values: Tensor, _ selection: Selection, _ name: String, _ operation: String, adding: Bool
  ) throws(ShapeError) -> Tensor {
    let position = try shape.position(of: name, for: operation)
    let axis = axes[position]
    let chosen = try selection.positions(on: axis)
    var target = shape.replacing(position, with: Axis(name, chosen.count))
    if case .index = selection { target = shape.dropping([position]) }
    if let extra = values.axes.first(where: { target.index(of: $0.name) == nil }) {
      throw .mismatch(
        operation: operation, expected: "values with axes among \(target), not \(extra.name)", found: values.shape)
    }
    _ = try target.broadcast(with: values.shape, operation: operation)
    let new = values.aligned(to: target)
    return DType.computed(dtype, values.dtype) == .f64
      ? putting(new, Double.self, chosen, position, adding: adding)
      : putting(new, Float.self, chosen, position, adding: adding).to(dtype)
  }

  private func putting<Element: Real>(
    _ new: Tensor, _ type: Element.Type, _ chosen: [Int], _ position: Int, adding: Bool
  ) -> Tensor {
    let axis = axes[position]
    let outer = axes[..<position].reduce(1) { $0 * $1.size }
    let inner = axes[(position + 1)...].reduce(1) { $0 * $1.size }
    return Tensor(shape, of: Element.self) { out in
      withElements(as: Element.self) { _ = out.update(fromContentsOf: $0) }
      new.withElements(as: Element.self) { values in
        for o in 0..<outer {
          for (j, p) in chosen.enumerated() {
            let (to, from) = ((o * axis.size + p) * inner, (o * chosen.count + j) * inner)
            if adding {
              for i in 0..<inner { out[to + i] += values[from + i] }
            } else {
              for i in 0..<inner { out[to + i] = values[from + i] }
            }
          }
        }
      }
    }
  }

  /// Elements where the mask holds, in row-major order, along one new axis.
  public func select(where mask: Tensor, into name: String) throws(ShapeError) -> Tensor {
    if mask.shape != shape { throw .mismatch(operation: "select", expected: "a mask \(shape)", found: mask.shape) }
    let kept = try mask.booleans("select").enumerated().filter(\.element).map(\.offset)
    return viewed(as: Shape([Axis(name, count)])).taking(kept, at: 0)
  }

  /// `count` positions of one axis from `from` on, both in range. A slice of the outermost axis shares its storage.
  func slice(_ position: Int, from: Int, count: Int) -> Tensor {
    let axis = axes[position]
    if from == 0, count == axis.size { return self }
    let labels = axis.labels?.selecting(Array(from..<from + count))
    let new = shape.replacing(position, with: Axis(axis.name, count, labels: labels))
    let strides = shape.strides
    let offset = from * strides[position]
    if axes[..<position].allSatisfy({ $0.size == 1 }) {
      return Tensor(shape: new, dtype: dtype, storage: storage, byteOffset: byteOffset + offset * dtype.byteCount)
    }
    return strided(new, strides: strides, offset: offset)
  }

  /// Any positions of one axis, all in range.
  func taking(_ chosen: [Int], at position: Int) -> Tensor {
    let axis = axes[position]
    let new = shape.replacing(
      position, with: Axis(axis.name, chosen.count, labels: axis.labels?.selecting(chosen)))
    let outer = axes[..<position].reduce(1) { $0 * $1.size }
    let bytes = axes[(position + 1)...].reduce(1) { $0 * $1.size } * dtype.byteCount
    let storage = Storage(byteCount: new.count * dtype.byteCount)
    withUnsafeBytes { source in
      guard let base = source.baseAddress, new.count > 0 else { return }
      for o in 0..<outer {
        for (j, p) in chosen.enumerated() {
          (storage.pointer + (o * chosen.count + j) * bytes)
            .copyMemory(from: base + (o * axis.size + p) * bytes, byteCount: bytes)
        }
      }
    }
    return Tensor(shape: new, dtype: dtype, storage: storage)
  }
}

extension Selection {
  /// The positions chosen on an axis, from the front, in order.
  public func positions(on axis: Axis) throws(ShapeError) -> [Int] {
    switch self {
    case .index(let index): return [try resolve(index, axis, for: "select")]
    case .list(let indices):
      var positions: [Int] = []
      for index in indices { positions.append(try resolve(index, axis, for: "select")) }
      return positions
    case .mask(let mask):
      if mask.count != axis.size {
        throw .wrongCount(
          operation: "select: length of a mask for axis \(axis.name)", expected: axis.size, found: mask.count)
      }
      return mask.indices.filter { mask[$0] }
    case .range(let from, let to, let step):
      if step < 1 { throw .badArgument(operation: "select", argument: "a step of \(step)", expected: "1 or more") }
      let (first, end) = (try bound(from ?? 0, axis), try bound(to ?? axis.size, axis))
      return Array(stride(from: first, to: end, by: step))
    }
  }

  private func bound(_ index: Int, _ axis: Axis) throws(ShapeError) -> Int {
    let position = index < 0 ? index + axis.size : index
    if position < 0 || position > axis.size {
      throw .outOfRange(operation: "select", index: index, axis: axis.name, size: axis.size)
    }
    return position
  }
}
