import Tensors

/// How a trainable parameter starts.
public enum Start: Sendable, Equatable {
  /// Orthonormal rows: normal draws made orthonormal (as `torch.nn.init.orthogonal_`).
  case orthogonal
  /// Uniform within ±1/√fanIn, as a linear layer draws its weight and its bias.
  case linear(fanIn: Int)
  case constant(Float)
  /// Independent normal draws.
  case gaussian(Float)

  /// A tensor that starts so; equal keys give equal bits.
  ///
  /// - Throws: `InterventionError.argument` for more orthonormal rows than the row is long.
  public func tensor(_ axes: [Axis], key: RandomKey) throws -> Tensor {
    let shape = Shape(axes)
    switch self {
    case .constant(let value): return Tensor(shape) { $0.update(repeating: value) }
    case .gaussian(let deviation): return try key.normal(axes, deviation: deviation)
    case .linear(let fanIn):
      let bound = 1 / Float(max(fanIn, 1)).squareRoot()
      return try key.uniform(axes, from: -bound, to: bound)
    case .orthogonal:
      let width = axes.last?.size ?? 1
      let rows = width > 0 ? shape.count / width : 0
      guard rows <= width else {
        throw InterventionError.argument(
          operation: "orthogonal()", name: "rank",
          reason: "is \(rows); a site of width \(width) has no more than \(width) orthonormal rows")
      }
      return Tensor(axes, orthonormalRows(try key.normal(axes, deviation: 1).floats(), width: width).rows)
    }
  }
}
