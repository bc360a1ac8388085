import Autodiff
import Models
import Tensors

/// An operator whose update is a closure: what a script's `operator` or `fn h -> …` becomes.
///
/// The closures run on the thread that runs the forward pass or binds the intervention, never on several at once.
public struct ClosureOperator: Operator, @unchecked Sendable {
  public let name: String
  public let arguments: [OperatorArgument]
  /// How the operator is written where it is used; a bare function has no name to be called by.
  public let source: String
  public let readsInput: Bool

  private let makeParameters: (SiteCatalog.Entry, RandomKey, @escaping Weight) throws -> [NamedTensor]
  private let makeShapes: ((SiteCatalog.Entry) throws -> [(name: String, shape: Shape)])?
  private let update: Update

  /// What the operator makes of the selected activations (`[token, model]`, f32) or of a weight (`[output, input]`, f32), and
  /// its parameters: new values of the same shape.
  public enum Update {
    /// Without a derivative.
    case tensors((Tensor, [String: Tensor], EditContext) throws -> Tensor)
    /// Differentiates by itself.
    case variables((Variable, [String: Variable], EditContext) throws -> Variable)
    /// As `variables`, each row by itself, so that rows of several samples may come together.
    case rows((Variable, [String: Variable]) throws -> Variable)
  }

  /// The value of the weight that an operator is attached to; throws at activations, which have none before a run.
  public typealias Weight = () throws -> Tensor

  /// - Parameters:
  ///   - name: the name it is saved under; loading asks for an operator of that name.
  ///   - source: how it prints; by default `name(arguments)`.
  ///   - parameters: draws fresh parameters for a site, in a fixed order.
  ///   - shapes: the parameters' shapes at a site; by default those of parameters that are drawn for it.
  ///   - readsInput: whether `update` needs its context's `input` or `virtualRows`.
  public init(
    name: String, arguments: [OperatorArgument] = [], source: String? = nil,
    parameters: @escaping (SiteCatalog.Entry, RandomKey, @escaping Weight) throws -> [NamedTensor] = { _, _, _ in [] },
    shapes: ((SiteCatalog.Entry) throws -> [(name: String, shape: Shape)])? = nil, readsInput: Bool = false,
    _ update: Update
  ) {
    self.name = name
    self.arguments = arguments
    self.source = source ?? name + "(" + arguments.map(\.source).joined(separator: ", ") + ")"
    makeParameters = parameters
    makeShapes = shapes
    self.readsInput = readsInput
    self.update = update
  }

  public func initialise(for site: SiteCatalog.Entry, key: RandomKey) throws -> [NamedTensor] {
    try makeParameters(site, key) { throw misfit(site, "its parameters start from a weight, and none is at hand") }
  }

  public func initialise(
    for site: SiteCatalog.Entry, key: RandomKey, weight: () throws -> Tensor
  ) throws -> [NamedTensor] {
    try withoutActuallyEscaping(weight) { try makeParameters(site, key, $0) }
  }

  public func parameterShapes(for site: SiteCatalog.Entry) throws -> [(name: String, shape: Shape)] {
    if let makeShapes { return try makeShapes(site) }
    return try initialise(for: site, key: RandomKey(seed: 0)).map { ($0.name, $0.tensor.shape) }
  }

  public func prepare(
    for site: SiteCatalog.Entry, parameters: [String: Variable]
  ) throws -> any PreparedOperator {
    switch update {
    case .tensors(let update):
      Opaque(source: source, parameters: parameters.mapValues(\.value)) { try update($0, $1, $2) }
    case .variables(let update):
      Whole(parameters: TokenParameters(parameters, of: source, at: site.site), update: update)
    case .rows(let update):
      Rows(parameters: TokenParameters(parameters, of: source, at: site.site), update: update)
    }
  }

  private final class Opaque: PreparedOperator {
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
      try Variable(update(hidden, parameters, context)).fitted(to: hidden.shape, of: source, at: context.site).value
    }

    func apply(_ hidden: Variable, strength: Variable, at context: EditContext) throws -> Variable {
      let hidden = try hidden.constant(for: source, advice: "define it by a function of variables")
      return Variable(try apply(hidden, strength: 1, at: context))
    }
  }

  private final class Whole: PreparedOperator {
    let parameters: TokenParameters
    let update: (Variable, [String: Variable], EditContext) throws -> Variable

    init(
      parameters: TokenParameters, update: @escaping (Variable, [String: Variable], EditContext) throws -> Variable
    ) {
      self.parameters = parameters
      self.update = update
    }

    func apply(_ hidden: Tensor, strength: Float, at context: EditContext) throws -> Tensor {
      try apply(Variable(hidden), strength: Variable(Tensor(strength)), at: context).value
    }

    func apply(_ hidden: Variable, strength: Variable, at context: EditContext) throws -> Variable {
      let made = try update(hidden, parameters(context.ordinals), context)
      let tokens = { (rows: Variable) in rows.axes.first { $0.name == "token" }?.size }
      if let rows = context.virtualRows.flatMap(tokens), let selected = tokens(hidden), rows != selected,
        tokens(made) == rows
      {
        throw InterventionError.virtualRows(
          operation: parameters.source, site: context.site.path, selected: selected, rows: rows,
          images: context.sample.tokens.images.count)
      }
      return try made.fitted(to: hidden.shape, of: parameters.source, at: context.site)
    }
  }

  private final class Rows: RowwiseOperator {
    let parameters: TokenParameters
    let update: (Variable, [String: Variable]) throws -> Variable

    init(parameters: TokenParameters, update: @escaping (Variable, [String: Variable]) throws -> Variable) {
      self.parameters = parameters
      self.update = update
    }

    func apply(_ hidden: Tensor, strength: Float, at context: EditContext) throws -> Tensor {
      try edit(Variable(hidden), strength: Variable(Tensor(strength)), ordinals: context.ordinals).value
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      try update(rows, parameters(ordinals)).fitted(to: rows.shape, of: parameters.source, at: parameters.site)
    }
  }
}

/// An operator's parameters at one site. Those with an axis `token` have a row for each token that a selector names in a
/// sample; an operator gets the rows of the tokens at hand.
private struct TokenParameters {
  /// The operator, as it is written.
  let source: String
  let site: Site
  private let all: [String: Variable]
  private let hasRows: Bool

  init(_ all: [String: Variable], of source: String, at site: Site) {
    self.all = all
    hasRows = !site.point.isWeight && all.values.contains { $0.shape.names.contains("token") }
    self.source = source
    self.site = site
  }

  /// - Parameter ordinals: of the tokens at hand, their places among all that the selector names in their sample.
  func callAsFunction(_ ordinals: [Int]) throws -> [String: Variable] {
    guard hasRows else { return all }
    return try all.mapValues { parameter in
      guard let size = parameter.axes.first(where: { $0.name == "token" })?.size else { return parameter }
      // In the tower every image of a prompt has the same.
      let ordinals = site.stack == .vision ? ordinals.map { $0 % max(size, 1) } : ordinals
      guard !ordinals.elementsEqual(0..<size) else { return parameter }
      if let beyond = ordinals.max(), beyond >= size {
        throw InterventionError.misfit(
          operation: source, site: site.path,
          reason: "its parameters have rows for \(size) tokens, and \(beyond + 1) or more are selected")
      }
      return try parameter.select("token", .list(ordinals))
    }
  }
}
