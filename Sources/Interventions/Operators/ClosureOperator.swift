import Tensors

/// An operator whose update is a closure: what a script's `operator` or `fn h -> …` becomes.
///
/// The closures run on the thread that runs the forward pass or binds the intervention, never on several at once.
public struct ClosureOperator: Operator, @unchecked Sendable {
  public let name: String
  public let arguments: [OperatorArgument]
  /// How the operator is written where it is used; a bare function has no name to be called by.
  public let source: String

  private let makeParameters: (SiteCatalog.Entry, RandomKey) throws -> [NamedTensor]
  private let update: (Tensor, [String: Tensor], EditContext) throws -> Tensor

  /// - Parameters:
  ///   - name: the name it is saved under; loading asks for an operator of that name.
  ///   - source: how it prints; by default `name(arguments)`.
  ///   - parameters: draws fresh parameters for a site, in a fixed order.
  ///   - update: the selected activations (`[token, model]`, f32) and the parameters to new activations of the same
  ///     shape.
  public init(
    name: String, arguments: [OperatorArgument] = [], source: String? = nil,
    parameters: @escaping (SiteCatalog.Entry, RandomKey) throws -> [NamedTensor] = { _, _ in [] },
    update: @escaping (Tensor, [String: Tensor], EditContext) throws -> Tensor
  ) {
    self.name = name
    self.arguments = arguments
    self.source = source ?? name + "(" + arguments.map(\.source).joined(separator: ", ") + ")"
    makeParameters = parameters
    self.update = update
  }

  public func initialise(for site: SiteCatalog.Entry, key: RandomKey) throws -> [NamedTensor] {
    try makeParameters(site, key)
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Tensor]) throws -> any PreparedOperator {
    Prepared(source: source, parameters: parameters, update: update)
  }

  private final class Prepared: PreparedOperator {
    let source: String
    let parameters: [String: Tensor]
    let update: (Tensor, [String: Tensor], EditContext) throws -> Tensor

    init(
      source: String, parameters: [String: Tensor],
      update: @escaping (Tensor, [String: Tensor], EditContext) throws -> Tensor
    ) {
      self.source = source
      self.parameters = parameters
      self.update = update
    }

    func apply(_ hidden: Tensor, strength: Float, at context: EditContext) throws -> Tensor {
      var edited = try update(hidden, parameters, context).to(.f32)
      // Contraction by name may leave the axes in another order; they are the same numbers.
      if Set(edited.shape.names) == Set(hidden.shape.names), edited.shape.names != hidden.shape.names {
        edited = try edited.reorder(hidden.shape.names)
      }
      guard edited.shape == hidden.shape else {
        throw InterventionError.result(
          operation: source, site: context.site.path, found: "\(edited.shape)", expected: "\(hidden.shape)")
      }
      return edited
    }
  }
}
