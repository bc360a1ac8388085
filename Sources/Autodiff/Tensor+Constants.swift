import Tensors

/// What derivatives are written with: numbers as precise as the elements beside them.
extension Tensor {
  /// A number without axes, to stand beside this tensor's elements.
  func constant(_ value: Double) -> Tensor { Tensor(value, dtype: dtype == .f64 ? .f64 : .f32) }

  func times(_ factor: Double) throws -> Tensor { try multiplying(constant(factor)) }

  func plus(_ term: Double) throws -> Tensor { try adding(constant(term)) }

  /// Zeros of another shape.
  func zeros(_ shape: Shape) -> Tensor { constant(0).aligned(to: shape) }

  /// The elements where the mask holds, 0 elsewhere; a gradient that is infinite elsewhere does no harm.
  func kept(where mask: Tensor) throws -> Tensor { try mask.choose(self, else: constant(0)).reorder(shape.names) }

  /// 1 where the mask holds, 0 elsewhere, to be counted.
  var indicator: Tensor { to(.f32) }
}
