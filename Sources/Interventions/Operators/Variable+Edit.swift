import Autodiff
import Models
import Tensors

extension Variable {
  /// What an operator returned, in the shape of what it was given.
  ///
  /// Contraction by name may leave the axes in another order; they are the same numbers.
  ///
  /// - Throws: `InterventionError.result` for another shape.
  func fitted(to shape: Shape, of operation: @autoclosure () -> String, at site: Site) throws -> Variable {
    var fitted = dtype == .f32 ? self : to(.f32)
    if fitted.shape.names != shape.names, Set(fitted.shape.names) == Set(shape.names) {
      fitted = try fitted.reorder(shape.names)
    }
    guard fitted.shape == shape else {
      throw InterventionError.result(
        operation: operation(), site: site.path, found: "\(fitted.shape)", expected: "\(shape)")
    }
    return fitted
  }
}
