/// Tensors from numbers.
extension Tensor {
  /// Makes a tensor of any type whose elements `body` writes, all of them.
  init<Element>(
    _ shape: Shape, _ dtype: DType, of: Element.Type,
    writing body: (UnsafeMutableBufferPointer<Element>) throws -> Void
  ) rethrows {
    let storage = Storage(byteCount: shape.count * dtype.byteCount)
    try body(
      UnsafeMutableBufferPointer(
        start: storage.pointer.bindMemory(to: Element.self, capacity: max(shape.count, 1)), count: shape.count))
    self.init(shape: shape, dtype: dtype, storage: storage)
  }

  /// An f32 tensor from values in row-major order, checked.
  public static func of(_ values: [Float], _ axes: [Axis]) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked(axes)
    try check(values.count, shape)
    return Tensor(shape) { _ = $0.update(fromContentsOf: values) }
  }

  /// An f64 tensor from values in row-major order.
  public static func of(doubles values: [Double], _ axes: [Axis]) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked(axes)
    try check(values.count, shape)
    return Tensor(shape, of: Double.self) { _ = $0.update(fromContentsOf: values) }
  }

  /// An i64 tensor from values in row-major order.
  public static func of(_ values: [Int], _ axes: [Axis]) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked(axes)
    try check(values.count, shape)
    return Tensor(shape, .i64, of: Int.self) { _ = $0.update(fromContentsOf: values) }
  }

  /// A mask from values in row-major order.
  public static func of(_ values: [Bool], _ axes: [Axis]) throws(ShapeError) -> Tensor {
    let shape = try Shape.checked(axes)
    try check(values.count, shape)
    return Tensor(shape, .bool, of: Bool.self) { _ = $0.update(fromContentsOf: values) }
  }

  private static func check(_ count: Int, _ shape: Shape) throws(ShapeError) {
    if count != shape.count {
      throw .wrongCount(operation: "values for \(shape)", expected: shape.count, found: count)
    }
  }

  /// A single number, without axes.
  public init(_ value: Float) { self.init(Shape([])) { $0[0] = value } }

  /// A single f64 number, without axes.
  public init(double value: Double) { self.init(Shape([]), of: Double.self) { $0[0] = value } }

  /// A single number of another type, without axes.
  public init(_ value: Double, dtype: DType) { self = Tensor(double: value).to(dtype) }

  /// A single integer, without axes.
  public init(_ value: Int) { self.init(Shape([]), .i64, of: Int.self) { $0[0] = value } }

  /// A single truth value, without axes.
  public init(_ value: Bool) { self.init(Shape([]), .bool, of: Bool.self) { $0[0] = value } }

  public static func full(_ value: Float, _ axes: [Axis]) throws(ShapeError) -> Tensor {
    Tensor(try Shape.checked(axes)) { $0.update(repeating: value) }
  }
  public static func full(_ value: Double, _ axes: [Axis], dtype: DType) throws(ShapeError) -> Tensor {
    Tensor(value, dtype: dtype).aligned(to: try Shape.checked(axes))
  }
  public static func zeros(_ axes: [Axis], dtype: DType = .f32) throws(ShapeError) -> Tensor {
    try dtype == .f32 ? full(0, axes) : full(0, axes, dtype: dtype)
  }
  public static func ones(_ axes: [Axis], dtype: DType = .f32) throws(ShapeError) -> Tensor {
    try dtype == .f32 ? full(1, axes) : full(1, axes, dtype: dtype)
  }

  /// 0, 1, … size − 1, as integers.
  public static func arange(_ axis: Axis) throws(ShapeError) -> Tensor {
    Tensor(try Shape.checked([axis]), .i64, of: Int.self) { for i in $0.indices { $0[i] = i } }
  }

  /// `axis.size` numbers from `first` to `last`, both included, evenly apart.
  public static func linspace(_ first: Float, _ last: Float, _ axis: Axis) throws(ShapeError) -> Tensor {
    Tensor(try Shape.checked([axis])) {
      let step = axis.size > 1 ? (Double(last) - Double(first)) / Double(axis.size - 1) : 0
      for i in $0.indices { $0[i] = i == $0.count - 1 && i > 0 ? last : Float(Double(first) + step * Double(i)) }
    }
  }

  /// 1 on the diagonal of `[rows, columns]`, 0 elsewhere.
  public static func eye(_ rows: Axis, _ columns: Axis) throws(ShapeError) -> Tensor {
    Tensor(try Shape.checked([rows, columns])) {
      $0.update(repeating: 0)
      for i in 0..<min(rows.size, columns.size) { $0[i * columns.size + i] = 1 }
    }
  }

  /// `[…, axis]`: 1 where the integer of this tensor points, 0 elsewhere.
  public func oneHot(_ axis: Axis) throws(ShapeError) -> Tensor {
    let indices = try integers("oneHot")
    let shape = try Shape.checked(axes + [axis], operation: "oneHot")
    for index in indices where index < 0 || index >= axis.size {
      throw .outOfRange(operation: "oneHot", index: index, axis: axis.name, size: axis.size)
    }
    return Tensor(shape) {
      $0.update(repeating: 0)
      for (row, index) in indices.enumerated() { $0[row * axis.size + index] = 1 }
    }
  }
}
