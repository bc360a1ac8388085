import Autodiff
import Tensors

/// How a parameter with orthonormal rows is kept that way while it learns.
///
/// What learns is another matrix, of which the operator sees orthonormal rows at every step. Weight decay never acts on it:
/// decay would draw the rows towards the axes or, where signs are stored beside them, towards zero.
public enum OrthonormalConstraint: String, Sendable, CaseIterable {
  /// A product of reflections in a basis that begins with the rows at the start, as torch's orthogonal parametrisation has
  /// it, and so pyreft. Torch draws the rest of the basis; here it follows from the rows.
  case householder
  /// QR with a positive diagonal, as MRT's released editors have it.
  case qr
  /// It learns as any other parameter and does not stay orthonormal.
  case free
}

/// A parameter as a training sees it.
struct TrainedParameter {
  /// Names it in errors and checkpoints: `edit0.layers[1].output.R`.
  let name: String
  let start: Tensor
  let constraint: OrthonormalConstraint

  init(_ name: String, _ start: Tensor, constraint: OrthonormalConstraint = .free) {
    self.name = name
    self.start = start.to(.f32)
    self.constraint = start.shape.rank == 2 ? constraint : .free
  }

  /// The axis along which its vectors lie: the longer one, as `orthogonal()` draws them.
  private var along: String { start.axes[start.axes[0].size > start.axes[1].size ? 0 : 1].name }

  /// The rows that the reflections' basis begins with; nil where there is none. It belongs to the training's state: what
  /// learns means nothing without it.
  func origin() throws -> Tensor? {
    constraint == .householder ? try start.orthonormalRowsByQR(over: along) : nil
  }

  /// What learns, at first.
  func raw() throws -> Tensor {
    guard constraint == .householder else { return start }
    // Where reflections with a start change nothing: −1 on the diagonal, 0 elsewhere.
    return try Tensor.eye(start.axes[0], start.axes[1]).negated()
  }

  /// What the operator sees.
  func seen(_ raw: Variable, from origin: Tensor?) throws -> Variable {
    switch constraint {
    case .free: raw
    case .qr: try raw.orthonormalRowsByQR(over: along)
    case .householder: try raw.orthonormalRowsByHouseholder(over: along, from: origin)
    }
  }

  /// What is kept in the end: the rows as the operator saw them, made orthonormal once more in f64.
  func result(_ raw: Tensor, from origin: Tensor?) throws -> Tensor {
    guard constraint != .free else { return raw }
    return try seen(Variable(raw), from: origin).value.orthonormalRowsByQR(over: along)
  }

  func decays(_ options: TrainingOptions) -> Bool {
    constraint == .free && (options.decaysVectors || start.shape.rank >= 2)
  }
}
