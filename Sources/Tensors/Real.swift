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
  /// The type of a result that these go into.
  static func computed(_ one: DType, _ other: DType = .f32) -> DType { one == .f64 || other == .f64 ? .f64 : .f32 }
}

extension Tensor {
  /// This tensor in the type it is computed in.
  var floating: Tensor { dtype == .f64 ? self : to(.f32) }

  init<Element: Real>(_ shape: Shape, of: Element.Type, writing body: (UnsafeMutableBufferPointer<Element>) -> Void) {
    self.init(shape, Element.dtype, of: Element.self, writing: body)
  }

  /// A tensor of this one's shape, made piece by piece. The loop over a piece stands in `body`, where the type of the elements
  /// is known: a function of one element, handed through generic code, would cost a call for each.
  @inline(__always)
  func inPieces<Element: Real>(
    grain: Int, _ body: (Range<Int>, UnsafePointer<Element>, UnsafeMutablePointer<Element>) -> Void
  ) -> Tensor {
    Tensor(shape, of: Element.self) { out in
      withElements(as: Element.self) { x in
        guard let x = x.baseAddress, let target = out.baseAddress else { return }
        inParallel(out.count, grain: grain) { body($0, x, target) }
      }
    }
  }

  /// The elements, converted if need be.
  @inline(__always)
  func withElements<Element: Real, R>(as: Element.Type, _ body: (UnsafeBufferPointer<Element>) -> R) -> R {
    to(Element.dtype).withUnsafeBytes { body($0.bindMemory(to: Element.self)) }
  }
}
