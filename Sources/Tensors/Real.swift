/// The two types that tensors compute in: f64 where an operand is, f32 in all other cases.
protocol Real: BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
  static var dtype: DType { get }
}

extension Float: Real {
  static var dtype: DType { .f32 }
}

extension Double: Real {
  static var dtype: DType { .f64 }
}

extension DType {
  /// The type of a result that any of these go into.
  static func computed(_ types: DType...) -> DType { types.contains(.f64) ? .f64 : .f32 }
}

extension Tensor {
  /// This tensor in the type it is computed in.
  var floating: Tensor { dtype == .f64 ? self : to(.f32) }

  init<Element: Real>(_ shape: Shape, of: Element.Type, writing body: (UnsafeMutableBufferPointer<Element>) -> Void) {
    self.init(shape, Element.dtype, of: Element.self, writing: body)
  }

  /// The elements, converted if need be.
  @inline(__always)
  func withElements<Element: Real, R>(as: Element.Type, _ body: (UnsafeBufferPointer<Element>) -> R) -> R {
    to(Element.dtype).withUnsafeBytes { body($0.bindMemory(to: Element.self)) }
  }
}
