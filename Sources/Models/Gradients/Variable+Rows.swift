import Autodiff
import Tensors

extension Variable {
  /// Packed rows in another order or a part of them; a row may be taken more than once.
  func rows(_ rows: [Int]) throws -> Variable { try select("token", .list(rows)) }

  /// The same elements with these axis names, in order.
  func named(_ names: [String]) throws -> Variable {
    try reshape(zip(names, shape.sizes).map { Axis($0, $1) })
  }

  /// As f32, for arithmetic; a variable that gets a gradient is f32 already.
  var floats: Variable { dtype == .f32 ? self : Variable(value.to(.f32)) }
}
