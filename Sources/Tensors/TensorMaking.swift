import Kernels

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

  /// A single integer, without axes.
  public init(_ value: Int) { self.init(Shape([]), .i64, of: Int.self) { $0[0] = value } }

  /// A single truth value, without axes.
  public init(_ value: Bool) { self.init(Shape([]), .bool, of: Bool.self) { $0[0] = value } }

  public static func full(_ value: Float, _ axes: [Axis]) throws(ShapeError) -> Tensor {
    Tensor(try Shape.checked(axes)) { $0.update(repeating: value) }
  }
  public static func zeros(_ axes: [Axis]) throws(ShapeError) -> Tensor { try full(0, axes) }
  public static func ones(_ axes: [Axis]) throws(ShapeError) -> Tensor { try full(1, axes) }

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

/// Elements as Swift arrays, and between types.
extension Tensor {
  /// The elements as f32, whatever the storage, in row-major order.
  public func floats() -> [Float] {
    let all = to(.f32)
    return all.withFloats { Array($0) }
  }

  /// The elements of an i64 tensor.
  public func integers(_ operation: String = "integers") throws(ShapeError) -> [Int] {
    guard dtype == .i64 else { throw .wrongType(operation: operation, expected: "i64", found: dtype) }
    return withUnsafeBytes { Array($0.bindMemory(to: Int.self)) }
  }

  /// The elements of a mask.
  public func booleans(_ operation: String = "booleans") throws(ShapeError) -> [Bool] {
    guard dtype == .bool else { throw .wrongType(operation: operation, expected: "bool", found: dtype) }
    return withUnsafeBytes { $0.map { $0 != 0 } }
  }

  /// The only element of a tensor of one element.
  public func item() throws(ShapeError) -> Float {
    if count != 1 { throw .wrongCount(operation: "a single number from \(shape)", expected: 1, found: count) }
    return floats()[0]
  }

  /// The same numbers in another storage. To f16 and bf16 rounds to nearest even; to i64 truncates towards zero (NaN gives 0,
  /// what lies outside the range its end); to bool asks whether an element is not 0.
  public func to(_ target: DType) -> Tensor {
    if target == dtype { return self }
    if let source = dtype.stored {
      let wide =
        dtype == .f32
        ? self
        : Tensor(shape) { out in withUnsafeBytes { sk_to_f32(out.baseAddress, $0.baseAddress, source, Int64(count)) } }
      if target == .f32 { return wide }
      if let stored = target.stored {
        return Tensor(shape, target, of: UInt16.self) { out in
          wide.withFloats { sk_from_f32(out.baseAddress, stored, $0.baseAddress, Int64(count)) }
        }
      }
      return wide.withFloats { values in
        target == .bool
          ? Tensor(shape, .bool, of: Bool.self) { for i in $0.indices { $0[i] = values[i] != 0 } }
          : Tensor(shape, .i64, of: Int.self) { for i in $0.indices { $0[i] = Int(clamping: values[i]) } }
      }
    }
    let wide = withUnsafeBytes { bytes -> Tensor in
      if dtype == .bool {
        if target == .i64 {
          return Tensor(shape, .i64, of: Int.self) { for i in $0.indices { $0[i] = bytes[i] != 0 ? 1 : 0 } }
        }
        return Tensor(shape) { for i in $0.indices { $0[i] = bytes[i] != 0 ? 1 : 0 } }
      }
      let values = bytes.bindMemory(to: Int.self)
      if target == .bool {
        return Tensor(shape, .bool, of: Bool.self) { for i in $0.indices { $0[i] = values[i] != 0 } }
      }
      return Tensor(shape) { for i in $0.indices { $0[i] = Float(values[i]) } }
    }
    return wide.to(target)
  }
}

extension DType {
  /// The kernels' name for a floating-point storage.
  public var stored: sk_dtype? {
    switch self {
    case .f32: SK_F32
    case .f16: SK_F16
    case .bf16: SK_BF16
    case .i64, .bool: nil
    }
  }
}

extension Int {
  /// Truncated towards zero, held within the range; NaN gives 0.
  fileprivate init(clamping value: Float) {
    if value.isNaN {
      self = 0
    } else if value >= 0x1p63 {
      self = .max
    } else if value < -0x1p63 {
      self = .min
    } else {
      self = Int(value)
    }
  }
}
