import Autodiff
import Models
import Tensors

/// Puts other values in place of the selected activations: patching, zero ablation, mean ablation.
///
///     h′ = v
///
/// The value is a number, `[model]`, or has one row per selected token, head or layer.
public struct Replace: Operator {
  public let value: Value
  /// `replace`, or what a script called it: `patch`, `zero`, `mean_ablate`.
  public let name: String

  public enum Value: Sendable {
    case number(Float)
    case tensor(Tensor)
  }

  private init(_ value: Value, name: String) {
    self.value = value
    self.name = name
  }

  public init(_ value: Tensor) { self.init(.tensor(value), name: "replace") }
  public init(_ value: Float) { self.init(.number(value), name: "replace") }
  /// Activation patching: values that were captured in another run.
  public static func patch(_ value: Tensor) -> Self { Self(.tensor(value), name: "patch") }
  /// Zero ablation.
  public static var zero: Self { Self(.number(0), name: "zero") }
  /// Mean ablation: `mean` is `[model]`, the mean activation over a data set.
  public static func meanAblate(_ mean: Tensor) -> Self { Self(.tensor(mean), name: "mean_ablate") }

  public var arguments: [OperatorArgument] {
    switch value {
    case .number(let number): name == "zero" ? [] : [OperatorArgument("value", .number(number), isPositional: true)]
    case .tensor(let tensor):
      [OperatorArgument(name == "mean_ablate" ? "mean" : "value", .tensor(tensor), isPositional: true)]
    }
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
    switch value {
    case .number(let number): return Constant(number)
    case .tensor(let tensor):
      let rows = try SiteVector(tensor, named: arguments[0].name, for: site, of: self)
      return Rows(value: rows, source: source, site: site.site)
    }
  }

  private final class Constant: RowOperator {
    let value: Float

    init(_ value: Float) { self.value = value }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) {
      row.update(repeating: value)
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      Variable(Tensor(rows.shape) { $0.update(repeating: value) })
    }
  }

  private final class Rows: RowOperator {
    let value: SiteVector
    let source: String
    let site: Site

    init(value: SiteVector, source: String, site: Site) {
      self.value = value
      self.source = source
      self.site = site
    }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) throws {
      try value.check(place, source, site)
      value.withRow(place) { v in
        if v.count == 1 { row.update(repeating: v[0]) } else { _ = row.update(fromContentsOf: v) }
      }
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      Variable(try edited(rows.value, ordinals: ordinals) { _ in 1 })
    }
  }
}
