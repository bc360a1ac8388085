import Autodiff
import Models
import Tensors

/// Adds a scaled direction at every selected token.
///
///     h′ = h + α · v                        // Turner et al. 2023
///
/// `v` is `[model]`, or has one row per token, per head or per layer; or it is a function of the activations, as the
/// learn-to-steer module of AMPS is: `h′ = h + α · g(h)` (eq. 13).
public struct Add: Operator {
  public let addend: Addend
  public let strength: Strength
  /// The one prompt token whose activation a function is given, as Learn-to-Steer's code does with the last: the result
  /// is added at every selected token. Nil computes it at each of them.
  public let reference: TokenSelector?

  public enum Addend: @unchecked Sendable {
    case tensor(Tensor)
    /// Called with the selected activations; returns their shape.
    case function(source: String, (Variable) throws -> Variable)
    case fitted(FittedFunction)
  }

  public init(_ direction: Tensor, strength: Strength = .number(1)) {
    addend = .tensor(direction)
    self.strength = strength
    reference = nil
  }

  public init(
    source: String, strength: Strength = .number(1), at reference: TokenSelector? = nil,
    _ function: @escaping (Variable) throws -> Variable
  ) {
    addend = .function(source: source, function)
    self.strength = strength
    self.reference = reference
  }

  public init(_ function: FittedFunction, strength: Strength = .number(1), at reference: TokenSelector? = nil) {
    addend = .fitted(function)
    self.strength = strength
    self.reference = reference
  }

  public var name: String { "add" }
  public var arguments: [OperatorArgument] {
    let value: OperatorArgument.Value =
      switch addend {
      case .tensor(let tensor): .tensor(tensor)
      case .function(let source, _): .function(source: source)
      case .fitted(let function): .fitted(function)
      }
    var arguments = [OperatorArgument("v", value, isPositional: true)]
    if strength.constant != 1 { arguments.append(OperatorArgument("strength", strength.argument)) }
    if let reference { arguments.append(OperatorArgument("at", .tokens(source: reference.description))) }
    return arguments
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
    switch addend {
    case .tensor(let tensor):
      let direction = try SiteVector(tensor, named: "v", for: site, of: self)
      return AddVector(direction: direction, strength: strength, source: source, site: site.site)
    case .function(_, let function): return try prepare(function, for: site)
    case .fitted(let function):
      guard site.width == function.width else {
        throw misfit(site, "`v` was fitted on rows of \(function.width) numbers, the site is \(site.shapeText)")
      }
      return try prepare({ try function($0) }, for: site)
    }
  }

  private func prepare(
    _ function: @escaping (Variable) throws -> Variable, for site: SiteCatalog.Entry
  ) throws -> any PreparedOperator {
    guard let reference else { return AddFunction(function: function, strength: strength) }
    _ = try width(of: site)
    if reference.reachesGenerated {
      throw misfit(site, "`at` names generated tokens, `\(reference)`; choose a token of the prompt, such as `.last`")
    }
    // What has no meaning in this stack is found now rather than in the middle of a run.
    let nobody = TokenContext(tokens: [], promptCount: 0, images: [])
    _ = try reference.resolve(in: nobody, stack: site.site.stack)
    return AddAtReference(function: function, strength: strength, reference: reference, source: source)
  }
}

private final class AddVector: RowOperator {
  var neutralStrength: Float? { 0 }
  let direction: SiteVector
  let strength: Strength
  let source: String
  let site: Site

  init(direction: SiteVector, strength: Strength, source: String, site: Site) {
    self.direction = direction
    self.strength = strength
    self.source = source
    self.site = site
  }

  func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) throws {
    try direction.check(place, source, site)
    direction.withRow(place) { v in
      if v.count == 1 {
        for index in row.indices { row[index] += strength * v[0] }
      } else {
        for index in row.indices { row[index] += strength * v[index] }
      }
    }
  }

  func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
    let v = try direction.values(for: rows.shape, ordinals: ordinals, source, site)
    return try rows + strength * Variable(v)
  }
}

/// h + α g(h) at each row.
private final class AddFunction: PreparedOperator {
  var neutralStrength: Float? { 0 }
  let function: (Variable) throws -> Variable
  let strength: Strength

  init(function: @escaping (Variable) throws -> Variable, strength: Strength) {
    self.function = function
    self.strength = strength
  }

  func apply(_ hidden: Tensor, strength: Float, at context: EditContext) throws -> Tensor {
    try apply(Variable(hidden), strength: Variable(Tensor(strength)), at: context).value
  }

  func apply(_ hidden: Variable, strength: Variable, at context: EditContext) throws -> Variable {
    let added = try function(hidden).fitted(to: hidden.shape, of: "the function that add calls", at: context.site)
    return try hidden + strength * added
  }
}

/// h + α g(h₀) with h₀ the activation of one prompt token.
private final class AddAtReference: ReferringOperator {
  var neutralStrength: Float? { 0 }
  let function: (Variable) throws -> Variable
  let strength: Strength
  let reference: TokenSelector
  let source: String

  init(
    function: @escaping (Variable) throws -> Variable, strength: Strength, reference: TokenSelector, source: String
  ) {
    self.function = function
    self.strength = strength
    self.reference = reference
    self.source = source
  }

  func refer(to hidden: Variable, at site: Site) throws -> Variable {
    let found = try function(hidden).fitted(to: hidden.shape, of: "the function that add calls", at: site)
    // Without the token axis it is the same for every row.
    return try found.select(hidden.shape.names[hidden.shape.rank - 2], .index(0))
  }

  func apply(_ hidden: Tensor, strength: Float, at context: EditContext) throws -> Tensor {
    try apply(Variable(hidden), strength: Variable(Tensor(strength)), at: context).value
  }

  func apply(_ hidden: Variable, strength: Variable, at context: EditContext) throws -> Variable {
    guard let added = context.reference else {
      throw InterventionError.misfit(
        operation: source, site: context.site.path, reason: "`\(reference)` names no token that is computed here")
    }
    return try hidden + strength * added
  }
}
