/// `a..b`, `a..<b`, `a..b by c`: integers, or floats where one of the three is a float.
public final class RangeObject: Object {
  public enum Bounds: Equatable, Sendable {
    case integers(lower: Int, upper: Int, step: Int)
    case floats(lower: Double, upper: Double, step: Double)
  }

  public let bounds: Bounds
  public let inclusive: Bool
  /// Whether `by` was written.
  public let hasStep: Bool
  private let length: Int

  public init(lower: Int, upper: Int, inclusive: Bool, step: Int? = nil) throws {
    let stride = step ?? 1
    guard stride != 0 else { throw ScriptError(.badRange, "a range cannot go by 0") }
    bounds = .integers(lower: lower, upper: upper, step: stride)
    self.inclusive = inclusive
    hasStep = step != nil
    let descending = stride < 0
    if descending ? lower < upper : lower > upper {
      length = 0
    } else {
      let (distance, overflow) = (descending ? lower : upper).subtractingReportingOverflow(descending ? upper : lower)
      guard !overflow, distance < Int.max else { throw ScriptError(.badRange, "the range is too long to count") }
      let stepSize = stride.magnitude
      let whole = Int(distance.magnitude / stepSize)
      length = inclusive ? whole + 1 : whole + (distance.magnitude % stepSize == 0 ? 0 : 1)
    }
    super.init(kind: .range)
  }

  public init(lower: Double, upper: Double, inclusive: Bool, step: Double? = nil) throws {
    let stride = step ?? 1
    guard stride != 0, stride.isFinite, lower.isFinite, upper.isFinite else {
      throw ScriptError(.badRange, "a range needs finite ends and a step other than 0")
    }
    bounds = .floats(lower: lower, upper: upper, step: stride)
    self.inclusive = inclusive
    hasStep = step != nil
    // A hair of tolerance, so that `0.0..1.0 by 0.1` has its end.
    let steps = (upper - lower) / stride
    let slack = 1e-9 * Swift.max(1, steps.magnitude)
    guard steps.magnitude < 1e15 else { throw ScriptError(.badRange, "the range is too long to count") }
    if steps < -slack {
      length = 0
    } else {
      let whole = Int((steps + slack).rounded(.down))
      length = inclusive ? whole + 1 : whole + (steps - Double(whole) > slack ? 1 : 0)
    }
    super.init(kind: .range)
  }

  public override var typeName: String { "range" }
  public override var count: Int? { length }

  /// The element at `position`, which must be in `0..<count`.
  public func element(at position: Int) -> Value {
    switch bounds {
    case .integers(let lower, _, let step): .int(lower &+ position &* step)
    case .floats(let lower, _, let step): .float(lower + Double(position) * step)
    }
  }

  public override func element(at position: Int, in session: Session) throws -> Value { element(at: position) }

  public override func member(_ name: String, in session: Session) throws -> Value? {
    switch (name, bounds) {
    case ("lower", .integers(let lower, _, _)): .int(lower)
    case ("upper", .integers(_, let upper, _)): .int(upper)
    case ("step", .integers(_, _, let step)): .int(step)
    case ("lower", .floats(let lower, _, _)): .float(lower)
    case ("upper", .floats(_, let upper, _)): .float(upper)
    case ("step", .floats(_, _, let step)): .float(step)
    case ("inclusive", _): .bool(inclusive)
    default: nil
    }
  }

  public override var memberNames: [String] { ["lower", "upper", "inclusive", "step"] }

  public override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    switch try ElementSelection(arguments, count: length, of: "range") {
    case .one(let position): element(at: position)
    case .many(let positions): .list(positions.map { element(at: $0) })
    }
  }

  public override func isEqual(to other: Object) -> Bool {
    guard let other = other as? RangeObject else { return false }
    return bounds == other.bounds && inclusive == other.inclusive
  }

  public override func rendered(_ style: RenderingStyle) -> String {
    let dots = inclusive ? ".." : "..<"
    switch bounds {
    case .integers(let lower, let upper, let step):
      return "\(lower)\(dots)\(upper)" + (hasStep ? " by \(step)" : "")
    case .floats(let lower, let upper, let step):
      return "\(lower)\(dots)\(upper)" + (hasStep ? " by \(step)" : "")
    }
  }
}
