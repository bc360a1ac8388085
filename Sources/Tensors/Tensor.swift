/// An immutable array with named axes, row-major and contiguous.
public struct Tensor: Sendable {
  public let shape: Shape
  public let dtype: DType
  public let storage: Storage
  /// Where this tensor's first element lies in `storage`, in bytes.
  public let byteOffset: Int

  /// Views `storage` from `byteOffset` on as a tensor of this shape.
  public init(shape: Shape, dtype: DType, storage: Storage, byteOffset: Int = 0) {
    precondition(byteOffset >= 0 && byteOffset + dtype.byteCount(of: shape.count) <= storage.byteCount)
    self.shape = shape
    self.dtype = dtype
    self.storage = storage
    self.byteOffset = byteOffset
  }

  /// Makes an f32 tensor whose elements `body` writes, all of them.
  public init(_ shape: Shape, writing body: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
    let storage = Storage(byteCount: shape.count * 4)
    let elements = UnsafeMutableBufferPointer(
      start: storage.pointer.bindMemory(to: Float.self, capacity: max(shape.count, 1)), count: shape.count)
    try body(elements)
    self.init(shape: shape, dtype: .f32, storage: storage)
  }

  /// An f32 tensor from values in row-major order.
  public init(_ axes: [Axis], _ values: [Float]) {
    precondition(Shape(axes).count == values.count)
    self.init(Shape(axes)) { _ = $0.update(fromContentsOf: values) }
  }

  public var count: Int { shape.count }
  public var axes: [Axis] { shape.axes }

  /// The raw bytes, in row-major order.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) {
      try body(UnsafeRawBufferPointer(start: storage.pointer + byteOffset, count: dtype.byteCount(of: count)))
    }
  }

  /// The elements of an f32 tensor, without a copy. Other types: convert with `to(.f32)` first.
  public func withFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    precondition(dtype == .f32)
    return try withUnsafeBytes { try body($0.bindMemory(to: Float.self)) }
  }

  /// The elements of an f64 tensor, without a copy. Other types: convert with `to(.f64)` first.
  public func withDoubles<R>(_ body: (UnsafeBufferPointer<Double>) throws -> R) rethrows -> R {
    precondition(dtype == .f64)
    return try withUnsafeBytes { try body($0.bindMemory(to: Double.self)) }
  }
}
