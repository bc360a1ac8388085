/// The kinds of objects, as signed distances.
enum Outline: String, CaseIterable, Sendable {
  case circle, square, triangle, diamond, cross, ring, star, heart, moon, bar

  /// How far (u, v) lies outside the outline, negative inside. The shape fits a circle of about radius 1 around the
  /// origin; u points right and v down.
  func distance(_ u: Double, _ v: Double) -> Double {
    let radius = (u * u + v * v).squareRoot()
    switch self {
    case .circle: return radius - 1
    case .square: return box(u, v, halfWidth: 0.86, halfHeight: 0.86)
    case .bar: return box(u, v, halfWidth: 1, halfHeight: 0.34)
    case .cross:
      return min(box(u, v, halfWidth: 1, halfHeight: 0.33), box(u, v, halfWidth: 0.33, halfHeight: 1))
    case .diamond: return (abs(u) + abs(v) - 1.05) * 0.707
    // The base at v = 0.8, and two sides that meet at v = −1.
    case .triangle: return max(v - 0.8, (abs(u) - (v + 1) / 1.75) * 0.87)
    case .ring: return abs(radius - 0.75) - 0.25
    case .moon: return max(radius - 1, 0.8 - ((u - 0.5) * (u - 0.5) + v * v).squareRoot())
    case .heart:
      let lobe = ((abs(u) - 0.45) * (abs(u) - 0.45) + (v + 0.3) * (v + 0.3)).squareRoot() - 0.52
      return min(lobe, max((abs(u) + v - 0.68) * 0.707, -v - 0.3))
    case .star: return (radius - (1.1 - 0.72 * Outline.turnFromTip(u, v))) * 0.6
    }
  }

  private func box(_ u: Double, _ v: Double, halfWidth: Double, halfHeight: Double) -> Double {
    max(abs(u) - halfWidth, abs(v) - halfHeight)
  }

  /// The angle from the nearest of five tips, the first of which points up: 0 at a tip, 1 half-way to the next.
  ///
  /// Mirrors at the lines through the tips fold the plane into one wedge; there the angle is small and a short series
  /// gives it, the same on every machine, which the system's arc tangent need not be.
  private static func turnFromTip(_ u: Double, _ v: Double) -> Double {
    var x = abs(u)
    var y = -v
    // Directions of the lines half-way between two tips: 36° and 108° from upright.
    for (sine, cosine) in [(0.951056516295154, -0.309016994374947), (0.587785252292473, 0.809016994374947)] {
      let beyond = x * cosine - y * sine
      if beyond > 0 {
        x -= 2 * beyond * cosine
        y += 2 * beyond * sine
      }
    }
    x = abs(x)
    guard y > 0 else { return 0 }
    let tangent = x / y
    let square = tangent * tangent
    // Least squares of arc tangent for tangents up to tan 36°, within 2e-6.
    let series = 0.33314367 - square * (0.19631817 - square * (0.11946854 - square * 0.04550472))
    let angle = tangent * (1 - square * series)
    return angle / 0.628318530717959
  }
}
