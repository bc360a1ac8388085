import Autodiff
import Tensors

/// A function of rows with parameters that can learn: `mlp(hidden: 100)` before it has been taught.
///
/// Its closures run on the thread that calls it, never on several at once.
public final class TrainableFunction: @unchecked Sendable {
  /// The name it is saved under; loading asks for a function of that name.
  public let name: String
  public let arguments: [OperatorArgument]
  /// The source that makes it: `mlp(hidden: 100)`.
  public let source: String
  private let makeShapes: (_ width: Int) throws -> [(name: String, shape: Shape)]
  private let makeParameters: (_ width: Int, RandomKey) throws -> [NamedTensor]
  private let body: (Variable, [String: Variable]) throws -> Variable

  /// - Parameters:
  ///   - source: how it prints; by default `name(arguments)`.
  ///   - shapes: the parameters' names and shapes for rows of a width.
  ///   - parameters: draws fresh parameters for rows of a width, in a fixed order.
  ///   - body: maps `[token, model]`, f32, to the same axes.
  public init(
    name: String, arguments: [OperatorArgument] = [], source: String? = nil,
    shapes: @escaping (_ width: Int) throws -> [(name: String, shape: Shape)],
    parameters: @escaping (_ width: Int, RandomKey) throws -> [NamedTensor],
    _ body: @escaping (Variable, [String: Variable]) throws -> Variable
  ) {
    self.name = name
    self.arguments = arguments
    self.source = source ?? name + "(" + arguments.map(\.source).joined(separator: ", ") + ")"
    makeShapes = shapes
    makeParameters = parameters
    self.body = body
  }

  public func shapes(width: Int) throws -> [(name: String, shape: Shape)] { try makeShapes(width) }

  /// Fresh parameters for rows of this width; equal keys give equal bits.
  public func parameters(width: Int, key: RandomKey) throws -> [NamedTensor] { try makeParameters(width, key) }

  /// Maps rows `[token, model]` to rows of the same shape.
  ///
  /// - Throws: `InterventionError.functionResult` where it gives another shape.
  func callAsFunction(_ rows: Variable, _ parameters: [String: Variable]) throws -> Variable {
    var result = try body(rows, parameters)
    if result.dtype != .f32 { result = result.to(.f32) }
    if result.shape.names != rows.shape.names, Set(result.shape.names) == Set(rows.shape.names) {
      result = try result.reorder(rows.shape.names)
    }
    guard result.shape == rows.shape else {
      throw InterventionError.functionResult(
        function: source, found: "\(result.shape)", expected: "\(rows.shape)")
    }
    return result
  }
}
