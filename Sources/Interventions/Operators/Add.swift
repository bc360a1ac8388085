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

  public enum Addend: @unchecked Sendable {
    case tensor(Tensor)
    /// Called with the selected activations; returns their shape.
    case function(source: String, (Variable) throws -> Variable)
  }

  public init(_ direction: Tensor, strength: Strength = .number(1)) {
    addend = .tensor(direction)
    self.strength = strength
  }

  public init(source: String, strength: Strength = .number(1), _ function: @escaping (Variable) throws -> Variable) {
    addend = .function(source: source, function)
    self.strength = strength
  }

  public var name: String { "add" }
  public var arguments: [OperatorArgument] {
    let value: OperatorArgument.Value =
      switch addend {
      case .tensor(let tensor): .tensor(tensor)
      case .function(let source, _): .function(source: source)
      }
    let first = OperatorArgument("v", value, isPositional: true)
    return strength.constant == 1 ? [first] : [first, OperatorArgument("strength", strength.argument)]
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
    switch addend {
    case .tensor(let tensor):
      let direction = try SiteVector(tensor, named: "v", for: site, of: self)
      return Vector(direction: direction, strength: strength, source: source, site: site.site)
    case .function(_, let function): return Function(function: function, strength: strength)
    }
  }

  private final class Vector: RowOperator {
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

  private final class Function: PreparedOperator {
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
}
