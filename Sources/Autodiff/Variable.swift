import Tensors

/// A tensor that remembers how it was made, if anything it was made of is to get a gradient.
///
/// Operations on variables are the tensors' own, with the same bits; a variable that depends on no leaf costs nothing
/// more than its tensor. The graph belongs to its results: what nobody holds any more is gone.
///
///     let w = Variable.leaf(weights)
///     let loss = try x.contract(w, over: ["model"]).square().sum()
///     let gradient = try loss.backward()[w]
public struct Variable: @unchecked Sendable {
  public let value: Tensor
  /// Nil where no gradient is wanted.
  let node: Node?

  /// A constant.
  public init(_ value: Tensor) { self.init(value, node: nil) }

  init(_ value: Tensor, node: Node?) {
    self.value = value
    self.node = node
  }

  /// A variable that gets a gradient.
  public static func leaf(_ value: Tensor) -> Variable { Variable(value, node: Node(rule: nil, inputs: [], vjp: nil)) }

  /// Whether a gradient passes through it.
  public var isTracked: Bool { node != nil }
  /// The same numbers as a constant.
  public var detached: Variable { Variable(value) }

  public var shape: Shape { value.shape }
  public var axes: [Axis] { value.axes }
  public var dtype: DType { value.dtype }
  public var count: Int { value.count }

  /// The result of an operation, which is tracked when any of its inputs is.
  ///
  /// - Parameters:
  ///   - rule: which operation; the test of derivatives visits every one.
  ///   - vjp: from the gradient of a scalar with respect to the result to its gradients with respect to the inputs,
  ///     each of its input's shape. What it gives for an input that is not tracked is not looked at; nil is best. It may
  ///     capture tensors but no variables, which would keep the graph alive through its own closures.
  public static func record(
    _ rule: Rule, _ value: Tensor, from inputs: [Variable], vjp: @escaping (Tensor) throws -> [Tensor?]
  ) -> Variable {
    guard inputs.contains(where: \.isTracked) else { return Variable(value) }
    let isDouble = value.dtype == .f64
    let nodes = inputs.map { input in
      // Where an operation changes the precision, it does so to the gradient on its way back.
      guard let node = input.node, (input.dtype == .f64) != isDouble, rule != .cast else { return input.node }
      return Node(rule: .cast, inputs: [node]) { [$0.to(isDouble ? .f32 : .f64)] }
    }
    return Variable(value, node: Node(rule: rule, inputs: nodes, vjp: vjp))
  }

  /// The gradients of a scalar with respect to every leaf that it depends on. The graph stays as it is.
  ///
  /// - Parameter seed: the gradient of what is differentiated with respect to this variable, of its shape; for a
  ///   scalar 1 when it is left out.
  /// - Throws: `AutodiffError.notScalar` without a seed for a variable with more than one element;
  ///   `AutodiffError.notTracked` when it depends on no leaf.
  public func backward(_ seed: Tensor? = nil) throws -> Gradients {
    guard let node else { throw AutodiffError.notTracked }
    var gradients = Gradients()
    try gradients.flow(from: [(node, try startingGradient(seed))], above: 0)
    return gradients
  }

  private func startingGradient(_ given: Tensor?) throws -> Tensor {
    if let given {
      guard given.shape == shape else { throw AutodiffError.seed(found: given.shape, expected: shape) }
      return given
    }
    guard count == 1 else { throw AutodiffError.notScalar(shape) }
    return try Tensor.full(1, axes).to(dtype)
  }
}
