import Autodiff
import Tensors

/// Keeps activations within bounds: every element, or the coordinate along one direction.
///
///     h′ = min(max(h, low), high)
///     h′ = h + (min(max(c, low), high) − c) · u,   c = u · h,   u = direction / ‖direction‖
///
/// Bounds along a direction are in units of `hidden` along the unit vector.
public struct Clamp: Operator {
  public let minimum: Float?
  public let maximum: Float?
  public let direction: Tensor?

  /// - Throws: `InterventionError.argument` without any bound, or with bounds the wrong way round.
  public init(min: Float? = nil, max: Float? = nil, direction: Tensor? = nil) throws {
    guard min != nil || max != nil else {
      throw InterventionError.argument(operation: "clamp", name: "min", reason: "and `max` are both missing; give one")
    }
    if let min, let max, !(min <= max) {
      throw InterventionError.argument(
        operation: "clamp", name: "min", reason: "is \(numberText(min)), above `max` \(numberText(max))")
    }
    if min?.isNaN == true || max?.isNaN == true {
      throw InterventionError.argument(operation: "clamp", name: "min", reason: "or `max` is NaN")
    }
    minimum = min
    maximum = max
    self.direction = direction
  }

  public var name: String { "clamp" }
  public var arguments: [OperatorArgument] {
    [
      minimum.map { OperatorArgument("min", .number($0)) }, maximum.map { OperatorArgument("max", .number($0)) },
      direction.map { OperatorArgument("direction", .tensor($0)) },
    ].compactMap { $0 }
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
    let low = minimum ?? -Float.infinity
    let high = maximum ?? Float.infinity
    guard let direction else { return Elementwise(low: low, high: high) }
    let own = try layerSlice(direction.to(.f32), at: site.site, of: source)
    let width = try width(of: site)
    guard own.axes.count == 1, own.count == width else {
      throw misfit(site, "`direction` is \(direction.shape), the site is \(site.shapeText)")
    }
    let unit = orthonormalRows(own.withFloats { Array($0) }, width: width).rows
    guard unit.count == width else { throw misfit(site, "`direction` is zero everywhere or not finite") }
    return Along(unit: unit, low: low, high: high)
  }

  private final class Elementwise: RowOperator {
    let low: Float
    let high: Float

    init(low: Float, high: Float) {
      self.low = low
      self.high = high
    }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) {
      // Comparisons written so that NaN stays NaN.
      for index in row.indices {
        if row[index] < low { row[index] = low }
        if row[index] > high { row[index] = high }
      }
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      try rows.clamp(from: low, to: high)
    }
  }

  private final class Along: RowOperator {
    let unit: [Float]
    let low: Float
    let high: Float

    init(unit: [Float], low: Float, high: Float) {
      self.unit = unit
      self.low = low
      self.high = high
    }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) {
      guard let h = row.baseAddress else { return }
      unit.withUnsafeBufferPointer { unit in
        guard let u = unit.baseAddress else { return }
        let coordinate = dot(u, h, unit.count)
        let kept = coordinate < low ? low : coordinate > high ? high : coordinate
        if kept != coordinate { accumulate(kept - coordinate, u, into: h, unit.count) }
      }
    }

    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      let value = try edited(rows.value, ordinals: ordinals) { _ in 1 }
      guard rows.isTracked, let model = rows.axes.last else { return Variable(value) }
      let u = Variable(Tensor([model], unit))
      let coordinate = try rows.contract(u, over: [model.name])
      return try (rows + (coordinate.clamp(from: low, to: high) - coordinate) * u).stating(value)
    }
  }
}
