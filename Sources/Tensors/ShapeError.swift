/// Why an operation does not fit its tensors. Every case names the axes and sizes at hand; the text says the way out.
public enum ShapeError: Error, Equatable, Sendable {
  /// Two tensors give the same axis different sizes.
  case sizesDiffer(operation: String, axis: String, left: Shape, right: Shape)
  /// A tensor lacks the axis an operation asked for.
  case noAxis(operation: String, axis: String, shape: Shape)
  /// An axis would appear twice in a result.
  case axisTwice(operation: String, axis: String)
  /// A contraction without a shared axis.
  case nothingShared(left: Shape, right: Shape)
  /// A contraction that would have to guess.
  case severalShared(axes: [String], left: Shape, right: Shape)
  /// A position outside an axis.
  case outOfRange(operation: String, index: Int, axis: String, size: Int)
  /// A number of elements, or of something along an axis, that does not fit.
  case wrongCount(operation: String, expected: Int, found: Int)
  /// A tensor whose axes are not the ones an operation works on.
  case mismatch(operation: String, expected: String, found: Shape)
  /// An element type an operation does not take.
  case wrongType(operation: String, expected: String, found: DType)
  /// An operation over nothing that has no value, such as the largest of no numbers.
  case empty(operation: String, shape: Shape)
  /// A shape with a negative size or more bytes than can be addressed.
  case unusable(shape: Shape)
  /// An argument outside what an operation is defined for.
  case badArgument(operation: String, argument: String, expected: String)
  /// A matrix an algorithm cannot work on: singular, not positive definite, not converging.
  case notSolvable(operation: String, reason: String)
}

extension ShapeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .sizesDiffer(let operation, let axis, let left, let right):
      let (a, b) = (left.size(of: axis), right.size(of: axis))
      let way =
        a == 1 || b == 1
        ? "axes match by name and a size of 1 does not stretch: drop it with squeeze(\"\(axis)\")"
        : "rename one of them, or select the same positions"
      return "\(operation): axis \(axis) has \(a) on the left, \(left), and \(b) on the right, \(right); \(way)"
    case .noAxis(let operation, let axis, let shape):
      let names = shape.names.isEmpty ? "it has none (a single number)" : "its axes are \(list(shape.names))"
      return "\(operation): there is no axis \(axis) in \(shape); \(names)"
    case .axisTwice(let operation, let axis):
      return "\(operation): axis \(axis) would appear twice; rename one of them"
    case .nothingShared(let left, let right):
      return "contract: \(left) and \(right) share no axis; rename an axis so that the two to be summed over agree"
    case .severalShared(let axes, let left, let right):
      return
        "contract: \(left) and \(right) share the axes \(list(axes)); say which one to sum over, as in over: \(axes[0])"
    case .outOfRange(let operation, let index, let axis, let size):
      let range = size == 0 ? "the axis is empty" : "positions go from 0 to \(size - 1), or -1 to -\(size) from the end"
      return "\(operation): there is no position \(index) on axis \(axis); \(range)"
    case .wrongCount(let operation, let expected, let found):
      return "\(operation): expected \(expected), found \(found)"
    case .mismatch(let operation, let expected, let found):
      return "\(operation): expected \(expected), found \(found)"
    case .wrongType(let operation, let expected, let found):
      return "\(operation): expected \(expected) elements, found \(found.rawValue)"
    case .empty(let operation, let shape):
      return "\(operation): \(shape) has no elements to choose from"
    case .unusable(let shape):
      return "a tensor cannot be \(shape): its sizes are negative or too large for the memory"
    case .badArgument(let operation, let argument, let expected):
      return "\(operation): \(argument); expected \(expected)"
    case .notSolvable(let operation, let reason):
      return "\(operation): \(reason)"
    }
  }

  private func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

extension Shape {
  fileprivate func size(of axis: String) -> Int { index(of: axis).map { axes[$0].size } ?? 0 }
}
