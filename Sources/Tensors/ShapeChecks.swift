import Glibc

/// Bytes of memory in this machine.
private let physicalMemory = max(1 << 30, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))

/// Checked ways to make and read shapes; the operations are written with these.
extension Shape {
  /// A shape whose names differ and whose elements, as f32, fit the machine's memory.
  public static func checked(_ axes: [Axis], operation: String = "shape") throws(ShapeError) -> Shape {
    let shape = Shape(axes)
    var seen: Set<String> = []
    for axis in axes where !seen.insert(axis.name).inserted { throw .axisTwice(operation: operation, axis: axis.name) }
    var product = 4
    for axis in axes where axis.size != 0 {
      if axis.size < 0 { throw .unusable(shape: shape) }
      let (next, overflow) = product.multipliedReportingOverflow(by: axis.size)
      if overflow || next > physicalMemory { throw .unusable(shape: shape) }
      product = next
    }
    return shape
  }

  /// The position of an axis that must be there.
  public func position(of name: String, for operation: String) throws(ShapeError) -> Int {
    guard let index = index(of: name) else { throw .noAxis(operation: operation, axis: name, shape: self) }
    return index
  }

  /// Positions of several axes, each there and none named twice.
  func positions(of names: [String], for operation: String) throws(ShapeError) -> [Int] {
    var found: [Int] = []
    for name in names {
      let index = try position(of: name, for: operation)
      if found.contains(index) { throw .axisTwice(operation: operation, axis: name) }
      found.append(index)
    }
    return found
  }

  /// Row-major strides in elements.
  var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for i in stride(from: rank - 2, through: 0, by: -1) { strides[i] = strides[i + 1] * axes[i + 1].size }
    return strides
  }

  func dropping(_ positions: [Int]) -> Shape {
    Shape(axes.indices.filter { !positions.contains($0) }.map { axes[$0] })
  }

  func replacing(_ position: Int, with axis: Axis) -> Shape {
    var axes = axes
    axes[position] = axis
    return Shape(axes)
  }

  /// The shape of an elementwise result: the left's axes in their order, then those only the right has. An axis of both has
  /// one size; a size of 1 does not stretch.
  public func broadcast(with other: Shape, operation: String) throws(ShapeError) -> Shape {
    if self == other { return self }
    var result = axes
    for axis in other.axes {
      guard let i = index(of: axis.name) else {
        result.append(axis)
        continue
      }
      if axes[i].size != axis.size {
        throw .sizesDiffer(operation: operation, axis: axis.name, left: self, right: other)
      }
      if axes[i].labels == nil { result[i] = axis }
    }
    return try .checked(result, operation: operation)
  }
}

/// A position that may count from the end (-1 is the last), checked.
func resolve(_ index: Int, _ axis: Axis, for operation: String) throws(ShapeError) -> Int {
  let position = index < 0 ? index + axis.size : index
  if position < 0 || position >= axis.size {
    throw .outOfRange(operation: operation, index: index, axis: axis.name, size: axis.size)
  }
  return position
}
