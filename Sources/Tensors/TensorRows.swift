/// What goes from rows to numbers, and from rows to rows. A row is the elements along the named axes, in row-major order.
typealias RowReduction<Element> = (UnsafeBufferPointer<Element>) -> Double
typealias RowChange<Element> = (UnsafeBufferPointer<Element>, UnsafeMutableBufferPointer<Element>) -> Void

extension Tensor {
  /// This tensor with the named axes last, the shape of what is left, and how long a row is.
  func rows(
    _ names: [String]?, _ operation: String
  ) throws(ShapeError) -> (rows: Tensor, left: Shape, length: Int) {
    let over = try names.map { (names) throws(ShapeError) in try shape.positions(of: names, for: operation) }
    let reduced = over ?? Array(axes.indices)
    let left = shape.dropping(reduced)
    let kept = axes.indices.filter { !reduced.contains($0) }
    return (reordered(kept + reduced.sorted()), left, reduced.reduce(1) { $0 * axes[$1].size })
  }

  /// One number for each row: `doubles` gives that of f64, `singles` that of everything else.
  @inline(__always)
  func reduced(
    _ names: [String]?, _ operation: String, atLeastOne: Bool = false, _ singles: RowReduction<Float>,
    _ doubles: RowReduction<Double>
  ) throws(ShapeError) -> Tensor {
    let (rows, left, length) = try rows(names, operation)
    if atLeastOne, length == 0, left.count > 0 { throw .empty(operation: operation, shape: shape) }
    return dtype == .f64 ? rows.reduced(left, length, doubles) : rows.reduced(left, length, singles)
  }

  @inline(__always)
  private func reduced<Element: Real>(_ left: Shape, _ length: Int, _ body: RowReduction<Element>) -> Tensor {
    Tensor(left, of: Element.self) { out in
      withElements(as: Element.self) { values in
        inParallel(out.count, grain: max(1, 16384 / max(length, 1))) {
          for row in $0 {
            out[row] = Element(body(UnsafeBufferPointer(rebasing: values[row * length..<(row + 1) * length])))
          }
        }
      }
    }
  }

  /// Applies `doubles` or `singles` to every row along one axis; the result has this tensor's axes in their order.
  @inline(__always)
  func alongRows(
    _ name: String, _ operation: String, _ singles: RowChange<Float>, _ doubles: RowChange<Double>
  ) throws(ShapeError) -> Tensor {
    let position = try shape.position(of: name, for: operation)
    let order = axes.indices.filter { $0 != position } + [position]
    let (rows, length) = (reordered(order), axes[position].size)
    let result = dtype == .f64 ? rows.changed(length, doubles) : rows.changed(length, singles)
    var back = [Int](repeating: 0, count: axes.count)
    for (i, axis) in order.enumerated() { back[axis] = i }
    return result.reordered(back)
  }

  @inline(__always)
  private func changed<Element: Real>(_ length: Int, _ body: RowChange<Element>) -> Tensor {
    Tensor(shape, of: Element.self) { out in
      withElements(as: Element.self) { values in
        inParallel(length == 0 ? 0 : values.count / length, grain: max(1, 8192 / max(length, 1))) {
          for row in $0 {
            let range = row * length..<(row + 1) * length
            body(UnsafeBufferPointer(rebasing: values[range]), UnsafeMutableBufferPointer(rebasing: out[range]))
          }
        }
      }
    }
  }
}
