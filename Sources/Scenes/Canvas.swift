/// Paints a scene: background with a pattern, objects, digit, haze and noise.
struct Canvas {
  let pixels: [UInt8]
  /// Which pixels the objects and the digit cover noticeably, row by row.
  let objects: [Bool]
  let digit: [Bool]

  typealias Color = SIMD3<Double>

  /// Samples from 0 to 1 of the attribute values, in their order.
  private static let colors: [Color] = [
    [230, 40, 40], [40, 200, 60], [60, 110, 250], [240, 225, 40], [170, 60, 210], [250, 140, 20], [50, 220, 225],
    [250, 140, 190],
  ].map { $0 / 255 }
  private static let backgrounds: [Color] = [[110, 110, 112], [95, 62, 35], [22, 30, 78], [14, 14, 16]].map { $0 / 255 }

  /// - Parameters:
  ///   - scene: draws of colours, pattern offsets and contrast.
  ///   - grain: draws of the noise of every sample.
  init(
    _ attributes: SceneAttributes, layout: Layout, isHazy: Bool, scene draws: inout Draws, grain: inout Draws
  ) {
    func varied(_ color: Color, by deviation: Double) -> Color {
      color + deviation * Color(draws.noise(), draws.noise(), draws.noise())
    }
    let background = varied(Self.backgrounds[attributes.label(.background)], by: 0.02)
    let color = varied(Self.colors[attributes.label(.color)], by: 0.03)
    let pattern = Pattern(attributes.label(.pattern), offset: (draws.uniform(0...8), draws.uniform(0...8)))
    let contrast = isHazy ? draws.uniform(0.55...0.75) : 1
    let noise = isHazy ? 0.035 : 0.012
    let shape = Outline.allCases[attributes.label(.shape)]
    let numeral = attributes.label(.digit)

    let side = Layout.side
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * side * 3)
    var objects = Array(repeating: false, count: side * side)
    var digit = objects
    let haze = Color(repeating: 0.4)
    for row in 0..<side {
      for column in 0..<side {
        let (x, y) = (Double(column) + 0.5, Double(row) + 0.5)
        let coverage = layout.coverage(of: shape, x: x, y: y)
        let ink = layout.ink(of: numeral, x: x, y: y)
        objects[row * side + column] = coverage > Self.noticeable
        digit[row * side + column] = ink > Self.noticeable

        var sample = background + 0.075 * pattern.height(x: x, y: y)
        sample = sample * (1 - coverage) + color * coverage
        sample = sample * (1 - ink) + ink
        sample = haze + (sample - haze) * contrast
        sample += noise * Color(grain.noise(), grain.noise(), grain.noise())
        sample.clamp(lowerBound: Color(repeating: 0), upperBound: Color(repeating: 1))
        for channel in 0..<3 { pixels.append(UInt8(sample[channel] * 255)) }
      }
    }
    self.pixels = pixels
    self.objects = objects
    self.digit = digit
  }

  /// Coverage from which a pixel belongs to what is drawn there.
  private static let noticeable = 0.3
}

/// The texture of the background.
private struct Pattern {
  let kind: Int
  let offset: (x: Double, y: Double)

  init(_ kind: Int, offset: (x: Double, y: Double)) {
    self.kind = kind
    self.offset = offset
  }

  /// How bright the texture is at a place, about −1 to 2.
  func height(x: Double, y: Double) -> Double {
    let (x, y) = (x + offset.x, y + offset.y)
    func wrapped(_ value: Double, _ period: Double) -> Double { value - (value / period).rounded(.down) * period }
    switch kind {
    case 1: return wrapped(y, 6) < 3 ? 1 : -1
    case 2:
      let (right, down) = (wrapped(x, 6) - 3, wrapped(y, 6) - 3)
      return right * right + down * down < 2.6 ? 2 : -0.3
    case 3: return (wrapped(x, 8) < 4) != (wrapped(y, 8) < 4) ? 1 : -1
    default: return 0
    }
  }
}
