import Tensors

/// Why a derivative cannot be had.
public enum AutodiffError: Error, Equatable {
  case notTracked
  case notScalar(Shape)
  case seed(found: Shape, expected: Shape)
  /// The operation has no derivative, and what to do instead.
  case noDerivative(operation: String, advice: String)
}

extension AutodiffError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notTracked: "there is nothing to differentiate: the value depends on no trainable parameter"
    case .notScalar(let shape): "a gradient is that of one number, found \(shape); sum it or take its mean first"
    case .seed(let found, let expected): "the gradient to start from is \(found), expected \(expected)"
    case .noDerivative(let operation, let advice): "`\(operation)` has no derivative; \(advice)"
    }
  }
}
