/// Where things stand in a scene, drawn for given attributes. Pixels; y points down.
struct Layout {
  /// Centres of the objects and their common radius.
  let centers: [(x: Double, y: Double)]
  let radius: Double
  /// The digit's centre, the pixels of one of its dots, and how far a dot leans per dot of height.
  let digitCenter: (x: Double, y: Double)
  let dotSize: Double
  let slant: Double

  static let side = 48

  init(_ attributes: SceneAttributes, _ draws: inout Draws) {
    let isSmall = attributes.label(.size) == 0
    // Patches are 12 pixels: objects under 8 across were too small to tell shapes apart in haze.
    radius = draws.uniform(isSmall ? 4.0...4.5 : 5.5...5.95)

    // Objects stand in a row along the side they are on; four of them in a square.
    let places: [(along: Double, across: Double)]
    let play: (along: Double, across: Double)
    switch attributes.label(.count) {
    case 0: (places, play) = ([(0, 0)], (10, 3))
    case 1: (places, play) = ([(-6.2, 0), (6.2, 0)], (7, 3))
    case 2: (places, play) = ([(-12, 0), (0, 0), (12, 0)], (3, 3))
    default: (places, play) = ([(-6.1, -6), (-6.1, 6), (6.1, -6), (6.1, 6)], (7, 0.5))
    }
    let along = draws.uniform(-play.along...play.along)
    let across = draws.uniform(-play.across...play.across)

    let side = attributes.label(.position)
    let isUpright = side < 2
    let isNear = side == 0 || side == 2
    let middle = Double(Layout.side) / 2
    func place(across: Double, along: Double) -> (x: Double, y: Double) {
      isUpright ? (across, middle + along) : (middle + along, across)
    }
    let row = isNear ? 12.2 : 35.8
    centers = places.map { place(across: row + across + $0.across, along: along + $0.along) }

    // The digit stands on the other side.
    dotSize = draws.uniform(1.35...1.75)
    slant = draws.uniform(-0.2...0.2)
    digitCenter = place(across: (isNear ? 36 : 12) + draws.uniform(-2...2), along: draws.uniform(-11...11))
  }

  /// How much of a pixel the objects cover, 0 to 1.
  func coverage(of shape: Outline, x: Double, y: Double) -> Double {
    var coverage = 0.0
    // No shape reaches further than 1.2 radii from its centre.
    let reach = radius * 1.2 + 1
    for center in centers where abs(x - center.x) < reach && abs(y - center.y) < reach {
      let distance = shape.distance((x - center.x) / radius, (y - center.y) / radius) * radius
      coverage = max(coverage, min(max(0.5 - distance, 0), 1))
    }
    return coverage
  }

  /// How much of a pixel the digit covers, 0 to 0.95.
  func ink(of digit: Int, x: Double, y: Double) -> Double {
    let reach = dotSize * Double(Glyph.height)
    guard abs(x - digitCenter.x) < reach, abs(y - digitCenter.y) < reach else { return 0 }
    let row = (y - digitCenter.y) / dotSize + Double(Glyph.height) / 2
    let column =
      (x - digitCenter.x) / dotSize + Double(Glyph.width) / 2 + slant * (row - Double(Glyph.height) / 2)
    return min(Glyph.ink(digit, x: column, y: row) * 1.25, 1) * 0.95
  }
}
