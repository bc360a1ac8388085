import Tensors

/// How a trainable parameter starts.
public enum Start: Sendable, Equatable {
  /// Orthonormal rows, or columns where there are more rows than columns: normal draws made orthonormal (as
  /// `torch.nn.init.orthogonal_`).
  case orthogonal
  /// Uniform within ±1/√fanIn, as a linear layer draws its weight and its bias.
  case linear(fanIn: Int)
  case constant(Float)
  /// Independent normal draws.
  case gaussian(Float)

  /// A tensor that starts so; equal keys give equal bits.
  ///
  /// - Throws: `InterventionError.argument` for orthonormal rows of anything but a matrix.
  public func tensor(_ axes: [Axis], key: RandomKey) throws -> Tensor {
    let shape = Shape(axes)
    switch self {
    case .constant(let value): return Tensor(shape) { $0.update(repeating: value) }
    case .gaussian(let deviation): return try key.normal(axes, deviation: deviation)
    case .linear(let fanIn):
      let bound = 1 / Float(max(fanIn, 1)).squareRoot()
      return try key.uniform(axes, from: -bound, to: bound)
    case .orthogonal:
      guard axes.count == 2 else {
        throw InterventionError.argument(
          operation: "orthogonal", name: "param", reason: "has the axes \(shape); orthonormal rows take two")
      }
      return try key.orthogonal(axes[0], axes[1])
    }
  }
}
