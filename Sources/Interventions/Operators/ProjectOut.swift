import Autodiff
import Tensors

/// Removes what lies along one or several directions: directional ablation.
///
///     h′ = h − Qᵀ Q h
///
/// Q is an orthonormal basis of the directions, `[model]` or `[direction, model]`, each also with an axis `layer`.
/// A direction that depends on the others changes nothing; one of zeros is an error.
public struct ProjectOut: Operator {
  public let directions: Tensor

  public init(_ directions: Tensor) { self.directions = directions }

  public var name: String { "project_out" }
  public var arguments: [OperatorArgument] {
    [OperatorArgument("directions", .tensor(directions), isPositional: true)]
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
    let own = try layerSlice(directions.to(.f32), at: site.site, of: source)
    let width = try width(of: site)
    guard let last = own.axes.last, last.size == width, own.axes.count <= 2 else {
      throw misfit(site, "`directions` is \(directions.shape), the site is \(site.shapeText)")
    }
    let values = own.withFloats { Array($0) }
    for start in stride(from: 0, to: values.count, by: width)
    where !values[start..<start + width].contains(where: { $0 != 0 }) {
      throw misfit(site, "direction \(start / width) is zero everywhere; there is nothing to project on")
    }
    return Projection(basis: orthonormalRows(values, width: width).rows, width: width)
  }

  private final class Projection: RowOperator {
    let basis: [Float]
    let width: Int

    init(basis: [Float], width: Int) {
      self.basis = basis
      self.width = width
    }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) {
      guard let h = row.baseAddress else { return }
      basis.withUnsafeBufferPointer { basis in
        guard let base = basis.baseAddress else { return }
        // One after the other is the same as all at once, since the rows are orthonormal; and more exact in f32.
        for start in stride(from: 0, to: basis.count, by: width) {
          let q = base + start
          accumulate(-dot(q, h, width), q, into: h, width)
        }
      }
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      let value = try edited(rows.value, ordinals: ordinals) { _ in 1 }
      guard rows.isTracked, let model = rows.axes.last else { return Variable(value) }
      let q = Variable(Tensor([Axis("direction", basis.count / width), model], basis))
      return try (rows - rows.contract(q, over: [model.name]).contract(q, over: ["direction"])).stating(value)
    }
  }
}
