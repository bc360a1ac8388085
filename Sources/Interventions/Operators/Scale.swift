import Autodiff
import Models
import Tensors

/// Multiplies the selected activations.
///
///     h′ = α · h
///
/// α is a number, a number per layer, a function of the sample, or a tensor that multiplies element by element
/// (`[model]`, with an axis `head` or `layer` where wanted): the forward of IA3. 1 changes no bit.
public struct Scale: Operator {
  public let factor: Factor

  public enum Factor: Sendable {
    case strength(Strength)
    case elements(Tensor)
  }

  public init(_ factor: Strength) { self.factor = .strength(factor) }
  /// A tensor of one number, a number per layer, or one per element.
  public init(_ factor: Tensor) {
    let perLayer = factor.axes.allSatisfy { $0.name == "layer" }
    self.factor = perLayer && !factor.axes.isEmpty ? .strength(.layers(factor)) : .elements(factor)
  }

  public var name: String { "scale" }
  public var arguments: [OperatorArgument] {
    let value: OperatorArgument.Value =
      switch factor {
      case .strength(let strength): strength.argument
      case .elements(let tensor): .tensor(tensor)
      }
    return [OperatorArgument("factor", value, isPositional: true)]
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
    switch factor {
    case .strength(let strength): Uniform(strength)
    case .elements(let tensor):
      Elements(try SiteVector(tensor, named: "factor", for: site, of: self), source: source, site: site.site)
    }
  }

  private final class Uniform: RowOperator {
    let strength: Strength

    init(_ factor: Strength) { strength = factor }

    var neutralStrength: Float? { 1 }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) {
      for index in row.indices { row[index] *= strength }
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable { try rows * strength }
  }

  private final class Elements: RowOperator {
    let factor: SiteVector
    let source: String
    let site: Site

    init(_ factor: SiteVector, source: String, site: Site) {
      self.factor = factor
      self.source = source
      self.site = site
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      try rows * Variable(factor.values(for: rows.shape, ordinals: ordinals, source, site))
    }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) throws {
      try factor.check(place, source, site)
      factor.withRow(place) { alpha in
        if alpha.count == 1 {
          for index in row.indices { row[index] *= alpha[0] }
        } else {
          for index in row.indices { row[index] *= alpha[index] }
        }
      }
    }
  }
}
