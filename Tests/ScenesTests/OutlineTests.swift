import Testing

@testable import Scenes

@Suite struct OutlineTests {
  /// Ten mirrored sectors whose radius falls from 1.1 to 0.38 with the angle: π (1.1³ − 0.38³) / (3 · 0.72).
  private static let star: Double = .pi * 1.276128 / 2.16
  private static let areas: [(Outline, Double)] = [
    (.circle, 3.14159), (.square, 2.9584), (.diamond, 2.205), (.ring, 2.35619), (.bar, 1.36), (.cross, 2.2044),
    (.triangle, 1.8514),
    (.star, star),
  ]

  /// Area of each shape on a fine grid, in units of the radius squared: what its outline says on paper.
  @Test(arguments: areas)
  func area(shape: Outline, area: Double) {
    var inside = 0
    for row in -300..<300 {
      for column in -300..<300 {
        let (u, v) = ((Double(column) + 0.5) / 200, (Double(row) + 0.5) / 200)
        if shape.distance(u, v) < 0 { inside += 1 }
      }
    }
    // The grid is wrong by about its spacing along the outline.
    #expect(abs(Double(inside) / 40_000 - area) < 0.02)
  }

  @Test func starPointsUp() {
    #expect(Outline.star.distance(0, -1.05) < 0 && Outline.star.distance(0, 0.5) > 0)
    #expect(Outline.star.distance(0, -1.15) > 0)
  }

  @Test func moonIsOpenToTheRight() {
    #expect(Outline.moon.distance(-0.8, 0) < 0 && Outline.moon.distance(0.5, 0) > 0)
  }
}
