/// Changing what axes are called, their order, and how many there are. None of these changes a number.
extension Tensor {
  /// The axes in the order of `names`; those not named follow in their order.
  public func reorder(_ names: [String]) throws(ShapeError) -> Tensor {
    let first = try shape.positions(of: names, for: "reorder")
    return reordered(first + axes.indices.filter { !first.contains($0) })
  }

  /// Axis `i` of the result is axis `order[i]` of this tensor.
  func reordered(_ order: [Int]) -> Tensor {
    if order == Array(axes.indices) { return self }
    let strides = shape.strides
    return strided(Shape(order.map { axes[$0] }), strides: order.map { strides[$0] })
  }

  /// Exchanges two axes.
  public func transpose(_ a: String, _ b: String) throws(ShapeError) -> Tensor {
    let (i, j) = (try shape.position(of: a, for: "transpose"), try shape.position(of: b, for: "transpose"))
    var order = Array(axes.indices)
    order.swapAt(i, j)
    return reordered(order)
  }

  public func rename(_ name: String, to new: String) throws(ShapeError) -> Tensor {
    let i = try shape.position(of: name, for: "rename")
    var changed = axes
    changed[i] = Axis(new, axes[i].size, labels: axes[i].labels)
    return viewed(as: try .checked(changed, operation: "rename"))
  }

  /// Other axes over the same elements in row-major order.
  public func reshape(_ axes: [Axis]) throws(ShapeError) -> Tensor {
    let new = try Shape.checked(axes, operation: "reshape")
    if new.count != count {
      throw .wrongCount(operation: "reshape \(shape) to \(new): number of elements", expected: count, found: new.count)
    }
    return viewed(as: new)
  }

  /// Cuts one axis into several, outermost first.
  public func split(_ name: String, into parts: [Axis]) throws(ShapeError) -> Tensor {
    let i = try shape.position(of: name, for: "split")
    let new = try Shape.checked(Array(axes[..<i]) + parts + Array(axes[(i + 1)...]), operation: "split")
    let product = Shape(parts).count
    if product != axes[i].size {
      throw .wrongCount(
        operation: "split \(name) into \(Shape(parts)): their product", expected: axes[i].size, found: product)
    }
    return viewed(as: new)
  }

  /// Makes one axis of several, the first named outermost; it stands where the first of them stood.
  public func merge(_ names: [String], into name: String) throws(ShapeError) -> Tensor {
    let chosen = try shape.positions(of: names, for: "merge")
    guard let first = chosen.first else {
      throw .badArgument(operation: "merge", argument: "no axes were named", expected: "one or more")
    }
    let before = axes.indices.filter { $0 < first && !chosen.contains($0) }
    let after = axes.indices.filter { $0 > first && !chosen.contains($0) }
    let merged = Axis(name, chosen.reduce(1) { $0 * axes[$1].size })
    let result = try Shape.checked(before.map { axes[$0] } + [merged] + after.map { axes[$0] }, operation: "merge")
    return reordered(before + chosen + after).viewed(as: result)
  }

  /// Drops an axis of size 1.
  public func squeeze(_ name: String) throws(ShapeError) -> Tensor {
    let i = try shape.position(of: name, for: "squeeze")
    if axes[i].size != 1 {
      throw .wrongCount(operation: "squeeze: size of axis \(name)", expected: 1, found: axes[i].size)
    }
    return viewed(as: shape.dropping([i]))
  }

  /// A new outermost axis along which the tensor repeats.
  public func expand(_ axis: Axis) throws(ShapeError) -> Tensor {
    let new = try Shape.checked([axis] + axes, operation: "expand")
    return axis.size == 1 ? viewed(as: new) : strided(new, strides: [0] + shape.strides)
  }

  /// The same numbers with the labels of `axis` replaced.
  public func labelled(_ name: String, _ labels: (any AxisLabels)?) throws(ShapeError) -> Tensor {
    let i = try shape.position(of: name, for: "label")
    return viewed(as: shape.replacing(i, with: Axis(name, axes[i].size, labels: labels)))
  }

  /// This tensor with the axes of `target`, in its order; axes it lacks repeat. Its own must all be there, in size.
  public func aligned(to target: Shape) -> Tensor {
    if shape == target { return self }
    let own = shape.strides
    let strides = target.axes.map { axis in shape.index(of: axis.name).map { own[$0] } ?? 0 }
    return strided(target, strides: strides)
  }
}
